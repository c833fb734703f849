/** Bodies that parsers disagree on, over a real connection: each is a 400, and never a 500. */
import assert from 'node:assert/strict';
import { listen } from '../../src/api/server.ts';
import type { Listening } from '../../src/api/server.ts';
import { createHarness, newKey, postOf, validBody } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

describe('An odd body', () => {
  let api: Harness;
  let server: Listening;
  before(async () => {
    api = await createHarness();
    server = await listen({ app: api.app, hostname: '127.0.0.1', port: 0 });
  });
  after(async () => {
    await server.close();
    await api.close();
  });

  const valid = JSON.stringify(validBody());
  const inMetadata = (json: string) => valid.replace(/}$/, `,"metadata":${json}}`);
  const bytes = (...parts: (string | number[])[]) =>
    Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const split = (json: string, odd: number[]) => {
    const [before = '', after = ''] = json.split('?');
    return bytes(before, odd, after);
  };

  const odd: [what: string, body: string | Buffer][] = [
    ['in UTF-16', Buffer.from(valid, 'utf16le')],
    ['with a byte that is not UTF-8', split(inMetadata('{"a":"?"}'), [0xff])],
    ['with an overlong encoding', split(inMetadata('{"a":"?"}'), [0xc0, 0xaf])],
    ['with a surrogate in bytes', split(inMetadata('{"a":"?"}'), [0xed, 0xa0, 0x80])],
    ['with a lone surrogate', inMetadata('{"a":"\\ud800"}')],
    ['with a lone surrogate in a name', inMetadata('{"\\udfff":"a"}')],
    ['with NUL', inMetadata('{"a":"\\u0000"}')],
    ['with a member twice', inMetadata('{"a":"1","a":"2"}')],
    ['with a member twice, once in disguise', inMetadata('{"a":"1","\\u0061":"2"}')],
    ['with __proto__', inMetadata('{"__proto__":{"admin":"true"}}')],
    ['with __proto__ in disguise', inMetadata('{"__pr\\u006fto__":"x"}')],
    ['with a constructor to pollute', valid.replace('{', '{"constructor":{"prototype":{}},')],
    ['nested deeper than any', `${'['.repeat(32_000)}${']'.repeat(32_000)}`],
    [
      'nested deeper than any, in an object',
      inMetadata(`${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`),
    ],
    ['with a number beyond all', valid.replace('"quantity":2', '"quantity":1e400')],
    [
      'with a number of many digits',
      valid.replace('"quantity":2', `"quantity":${'9'.repeat(60_000)}`),
    ],
    [
      'with a number that rounds to one that is right',
      valid.replace('"quantity":2', '"quantity":1e-400'),
    ],
    ['with NaN', valid.replace('"quantity":2', '"quantity":NaN')],
    ['with a comma too many', valid.replace(/}$/, ',}')],
    ['with a comment', `/* */${valid}`],
    ['with two documents', `${valid}${valid}`],
    [
      'of many members',
      inMetadata(`{${Array.from({ length: 4_000 }, (_, n) => `"m${n}":"x"`).join()}}`),
    ],
  ];
  for (const [what, body] of odd) {
    it(`is refused over the wire: ${what}`, async () => {
      const key = newKey();
      const init = postOf(api.acme, { key });
      const lines = api.lines.length;
      const answer = await fetch(`${server.url}/v1/orders`, { ...init, body });
      const problem = (await answer.json()) as ProblemBody;
      assert.equal(answer.status, 400, JSON.stringify(problem));
      assert.match(problem.type, /^\/problems\/(invalid-request|malformed-json)$/);
      assert.ok(JSON.stringify(problem).length < 8_000);
      assert.ok(!api.lines.slice(lines).some(({ msg }) => msg === 'bug'));
      assert.equal((await api.app.request('/v1/orders', postOf(api.acme, { key }))).status, 202);
    });
  }

  it('is taken with a byte order mark, as RFC 8259 allows, and is the same order without', async () => {
    const key = newKey();
    const body = bytes([0xef, 0xbb, 0xbf], valid);
    const marked = await fetch(`${server.url}/v1/orders`, { ...postOf(api.acme, { key }), body });
    assert.equal(marked.status, 202);
    const again = await fetch(`${server.url}/v1/orders`, postOf(api.acme, { key, body: valid }));
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
  });

  it('pollutes nothing', () => {
    assert.equal(({} as Record<string, unknown>)['admin'], undefined);
  });
});
