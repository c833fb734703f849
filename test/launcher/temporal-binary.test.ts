import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Complaint } from '../../src/launcher/complaint.ts';
import { temporalBinary } from '../../src/launcher/temporal-binary.ts';

describe('the temporal command', () => {
  let directory: string;
  let cacheDir: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'makegood-'));
    cacheDir = join(directory, 'cache');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const find = (path: string): Promise<string> =>
    temporalBinary({
      cacheDir,
      // A proxy that nobody answers on, so that the download fails wherever this runs.
      environment: { PATH: path, HTTPS_PROXY: 'http://127.0.0.1:9', HOME: directory },
      logFile: join(directory, 'setup.log'),
      say: () => undefined,
    });
  const install = (file: string): void => {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
    chmodSync(file, 0o755);
  };

  it('is taken from the PATH first, then from the cache', async () => {
    const cached = join(cacheDir, `temporal-${process.platform}-${process.arch}`);
    install(cached);
    assert.equal(await find(''), cached);
    const own = join(directory, 'bin', 'temporal');
    install(own);
    assert.equal(await find(join(directory, 'bin')), own);
  });

  it('is asked for in one line when it can be neither downloaded nor built', async () => {
    await assert.rejects(find(''), (error: Error) => {
      assert.match(error.message, /^Temporal has to be built here, and there is no Go/);
      assert.ok(!error.message.includes('\n'));
      return error instanceof Complaint;
    });
    assert.deepEqual(readdirSync(cacheDir), []);
  });
});
