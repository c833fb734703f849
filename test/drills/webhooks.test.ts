/** The short form of `npm run drill:webhooks`. */
import assert from 'node:assert/strict';
import { drillWebhooks } from './webhooks/drill.ts';

describe('Webhooks under faults', function () {
  // A process takes seconds to come up on a busy machine, and two of them are killed meanwhile.
  this.timeout(180_000);

  it('come all, to each endpoint, signed, whatever receivers and processes do', async () => {
    const said: string[] = [];
    const { judged, kills } = await drillWebhooks({
      deliveries: 150,
      seed: 7,
      killEveryMs: 700,
      say: (line) => void said.push(line),
    });
    assert.deepEqual(
      judged.flatMap(({ wrong }) => wrong),
      [],
      said.join('\n'),
    );
    for (const { kind, distinct } of judged) assert.ok(distinct >= 30, kind);
    assert.ok(kills >= 1);
  });
});
