/** Failpoints stay where they are: the image is built without test/, and without their name. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mentionsOfFailpoints } from '../../../scripts/no-failpoints.mjs';
import { temporaryDirectory } from '../stand-ins.ts';

const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n');

describe('failpoints', () => {
  const inDirectory = temporaryDirectory();
  // All that reaches the image, or is made into something that does.
  const copied = linesOf('Dockerfile')
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1));

  it('are in nothing that the image is made of', () => {
    // It has the check itself, and stays behind in the stage that builds.
    const sources = new Set(copied.filter((path) => path !== 'scripts'));
    for (const path of ['src', 'migrations', 'package.json']) assert.ok(sources.has(path), path);
    assert.deepEqual(mentionsOfFailpoints([...sources]), []);
  });

  it('are not even in reach of the image', () => {
    const [first, ...admitted] = linesOf('.dockerignore').filter((line) => line !== '');
    assert.equal(first, '*');
    assert.ok(admitted.every((line) => line.startsWith('!') && !line.includes('test')));
  });

  it('would be found, in any file of what was built', () => {
    const file = inDirectory('worker.js');
    writeFileSync(file, 'if (process.env.FAILPOINTS_URL) stop();');
    assert.deepEqual(mentionsOfFailpoints([inDirectory('.')]), [file]);
  });
});
