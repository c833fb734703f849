import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openApiDocument } from '../../src/api/openapi.ts';
import { temporaryDirectory } from '../support/stand-ins.ts';

describe('openapi.json', () => {
  const script = fileURLToPath(new URL('../../scripts/openapi.ts', import.meta.url));
  const run = (...options: string[]) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', script, ...options]);
  const file = temporaryDirectory();

  it('is what the routes say, and a good description of an API', async () => {
    await run('--check');
  });

  const mistakes: [what: string, make: (text: string) => string, complaint: RegExp][] = [
    [
      'an example that does not fit its schema',
      (text) => text.replace('"paymentMethod":"pm_card_visa"', '"paymentMethod":42'),
      /no-invalid-media-type-examples.*paymentMethod/,
    ],
    [
      'a reference to nothing',
      (text) => text.replace('#/components/parameters/Prefer', '#/components/parameters/Nothing'),
      /no-unresolved-refs/,
    ],
    [
      'something that OpenAPI does not know',
      (text) => text.replace('"operationId"', '"middleware":[null],"operationId"'),
      /struct.*middleware/,
    ],
  ];
  for (const [what, make, complaint] of mistakes) {
    it(`does not pass with ${what}`, async () => {
      const text = JSON.stringify(openApiDocument());
      assert.notEqual(make(text), text);
      await writeFile(file('mistaken.json'), make(text));
      await assert.rejects(run('--lint', file('mistaken.json')), complaint);
    });
  }
});
