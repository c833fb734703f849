import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isInstalled,
  platformProblem,
  takeLock,
  thisMachine,
} from '../../src/launcher/bootstrap.mjs';

const fine = { node: '20.19.0', platform: 'linux', arch: 'x64', musl: false };

describe('before anything is installed', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'makegood-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('the machine that runs this test is supported', () => {
    assert.equal(platformProblem(thisMachine()), undefined);
    assert.equal(platformProblem({ ...fine, node: '22.0.0', platform: 'darwin' }), undefined);
  });

  it('an unsupported machine is told why in one line', () => {
    const problems = [
      [{ node: '20.18.3' }, /needs Node 20\.19 or later, and this is Node 20\.18\.3$/],
      [{ node: '18.20.0' }, /this is Node 18\.20\.0$/],
      [{ platform: 'win32' }, /not on win32: on Windows use WSL$/],
      [{ arch: 'ia32' }, /x64 and arm64, not on ia32/],
      [{ musl: true }, /needs glibc/],
    ] as const;
    for (const [change, line] of problems) {
      const problem = platformProblem({ ...fine, ...change }) ?? '';
      assert.match(problem, line);
      assert.ok(!problem.includes('\n'));
    }
  });

  it('packages are there when those of the lock file are, optional ones excepted', () => {
    const wanted = {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/other-system': { version: '1.0.0', optional: true },
    };
    const write = (file: string, packages: object): void =>
      writeFileSync(join(directory, file), JSON.stringify({ packages }));
    assert.equal(isInstalled(directory), false);
    write('package-lock.json', wanted);
    assert.equal(isInstalled(directory), false);
    mkdirSync(join(directory, 'node_modules', 'a'), { recursive: true });
    write('node_modules/a/package.json', {});
    assert.equal(isInstalled(directory), false, 'broken off before npm has written its list');
    write('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
    assert.equal(isInstalled(directory), true);
    write('node_modules/.package-lock.json', { 'node_modules/a': { version: '0.9.0' } });
    assert.equal(isInstalled(directory), false);
  });

  it('packages that npm has listed are not there when their folders are gone, optional ones too', () => {
    const packages = {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/of-this-system': { version: '1.0.0', optional: true },
    };
    const write = (file: string, content: object): void =>
      writeFileSync(join(directory, file), JSON.stringify(content));
    write('package-lock.json', { packages });
    for (const name of Object.keys(packages)) {
      mkdirSync(join(directory, name), { recursive: true });
      write(`${name}/package.json`, {});
    }
    write('node_modules/.package-lock.json', { packages });
    assert.equal(isInstalled(directory), true);
    for (const name of Object.keys(packages)) {
      rmSync(join(directory, name, 'package.json'));
      assert.equal(isInstalled(directory), false, name);
      write(`${name}/package.json`, {});
    }
  });

  it('a second start in one checkout learns who holds the lock, and a killed one holds nothing', async () => {
    const file = join(directory, 'launcher.lock');
    const module = new URL('../../src/launcher/bootstrap.mjs', import.meta.url).href;
    const script = `import { takeLock } from '${module}';
      process.stdout.write(JSON.stringify(takeLock(${JSON.stringify(file)})));
      setInterval(() => {}, 1000);`;
    const first = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const [said] = (await once(first.stdout, 'data')) as [Buffer];
    assert.deepEqual(JSON.parse(said.toString()), { abandoned: false });
    assert.deepEqual(takeLock(file), { holder: first.pid });

    first.kill('SIGKILL');
    await once(first, 'exit');
    assert.deepEqual(takeLock(file), { abandoned: true });
  });
});
