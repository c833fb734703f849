import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { EXAMPLE_REQUEST_ID, exampleOf } from '../../src/api/problem-examples.ts';
import { PROBLEM_CODES, showProblem } from '../../src/api/problems.ts';
import { createProcess } from './harness.ts';
import type { ProblemBody } from './harness.ts';

const inRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const pageOf = (code: string) => readFile(inRoot(`docs/problems/${code}.md`), 'utf8');

describe('A problem type', () => {
  const api = createProcess('postgres://nobody@127.0.0.1:1/nothing');
  after(() => api.close());

  it('has a page, and no page is without a type', async () => {
    const pages = await readdir(inRoot('docs/problems'));
    assert.deepEqual(pages.sort(), PROBLEM_CODES.map((code) => `${code}.md`).sort());
  });

  for (const code of PROBLEM_CODES) {
    it(`is shown on its page as it is answered: ${code}`, async () => {
      const page = await pageOf(code);
      const body = showProblem(exampleOf(code), EXAMPLE_REQUEST_ID);
      const [, shown = ''] = /```json\n(.*)```/s.exec(page) ?? [];
      assert.equal(JSON.stringify(JSON.parse(shown)), JSON.stringify(body));
      assert.ok(page.startsWith(`# ${body.title}\n\n\`${body.type}\`, status ${body.status}\n`));
      for (const part of ['What happened', 'What to do', 'The same key?']) {
        assert.ok(page.includes(`\n**${part}.** `) || page.includes(`\n**${part}** `), part);
      }
    });
  }

  it('is the address of its page, for everybody', async () => {
    const { type } = (await (await api.app.request('/nowhere')).json()) as ProblemBody;
    const page = await api.app.request(type);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('content-type'), 'text/plain; charset=UTF-8');
    assert.equal(await page.text(), await pageOf('not-found'));
    const etag = page.headers.get('etag') ?? '';
    const again = await api.app.request(type, { headers: { 'If-None-Match': etag } });
    assert.equal(again.status, 304);
    for (const path of ['/problems/nothing', '/problems/..%2F..%2FREADME', '/problems']) {
      assert.equal((await api.app.request(path)).status, 404, path);
    }
  });
});

describe('/docs', () => {
  const api = createProcess('postgres://nobody@127.0.0.1:1/nothing');
  after(() => api.close());

  const get = (path: string) =>
    api.app.request(path, { headers: { Origin: 'https://other.example' } });
  const linked = async () => {
    const html = await (await get('/docs')).text();
    return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
  };

  it('runs no script but its own files, and nothing of anybody else', async () => {
    const page = await get('/docs');
    assert.equal(page.status, 200);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'self';/);
    assert.ok(!/unsafe|https?:|\*/.test(policy), policy);
    assert.ok(!/<script>|<style|\son\w+=/.test(await page.text()));
    for (const path of await linked()) assert.match(path, /^\/docs\//);
  });

  it('has everything that it links to, for ever where the path has the version', async () => {
    const paths = await linked();
    assert.equal(paths.length, 4);
    for (const path of paths) {
      const answer = await get(path);
      assert.equal(answer.status, 200, path);
      assert.match(
        answer.headers.get('content-type') ?? '',
        /^(text\/(css|javascript)|image\/png)/,
      );
      const kept = path === '/docs/start.js' ? 'no-cache' : 'public, max-age=31536000, immutable';
      assert.equal(answer.headers.get('cache-control'), kept);
      assert.ok((await answer.arrayBuffer()).byteLength > 100);
    }
  });

  it('gives no other file of the package, and lets no other site read it', async () => {
    const [, style = ''] = await linked();
    for (const name of ['package.json', 'index.html', '..%2Fpackage.json', 'constructor']) {
      assert.equal((await get(style.replace('swagger-ui.css', name))).status, 404, name);
    }
    for (const path of ['/docs', style, '/v1/openapi.json', '/problems/sold-out']) {
      assert.equal((await get(path)).headers.get('access-control-allow-origin'), null);
    }
  });
});
