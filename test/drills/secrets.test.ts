/** The short form of `npm run drill:secrets`: one password, while orders come. */
import assert from 'node:assert/strict';
import { rotateSecrets } from './secrets/drill.ts';

describe('a rotation of secrets', function () {
  // Ten processes come up, and a machine may be busy.
  this.timeout(300_000);

  it('is noticed by no order', async () => {
    const said: string[] = [];
    const rotated = await rotateSecrets({
      perSecond: 2,
      rotations: ['mail password'],
      restMs: 500,
      say: (line) => void said.push(line),
    });
    const words = JSON.stringify([...said, rotated]);
    const { placed, completed, failures, refused, mails } = rotated;
    assert.deepEqual([failures, refused], [[], 0], words);
    assert.deepEqual([completed, mails], [placed, placed], words);
    assert.ok(placed >= 5, words);
  });
});
