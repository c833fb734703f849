/**
 * An operator refuses a shipment whose answers were all lost: the carrier has the parcel, and nobody
 * here knows. Making good calls it back all the same.
 */
import assert from 'node:assert/strict';
import { firstCall } from './points.ts';
import { QUIET } from './story.ts';
import type { Story } from './story.ts';
import { tell } from './tell.ts';
import { inWords } from './telling.ts';

// More tries than there are before somebody is called, so that the word comes first.
const TRIES = 40;

describe('A shipment that an operator refuses', () => {
  it('is called back at the carrier, who had it all along', async () => {
    let callsBack = 0;
    const call = await firstCall(QUIET, 'requestShipment');
    const lost = { call, kind: 'loses its answer', seconds: 1, times: TRIES } as const;
    const story: Story = { ...QUIET, operator: 'refuse', faults: [lost] };
    const { violations } = await tell(story, {
      onCall({ call: { name } }) {
        if (name === 'cancelShipment') callsBack += 1;
      },
    });
    assert.ok(violations.length === 0, violations[0] && (await inWords(story)));
    assert.equal(callsBack, 1);
  });
});
