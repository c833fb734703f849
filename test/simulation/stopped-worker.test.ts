/**
 * A worker that is stopped in the middle of an attempt goes on where it was, an hour later if need
 * be. Meanwhile an operator may have done by hand what it was about to do: then it must not do it.
 */
import assert from 'node:assert/strict';
import { firstCall } from './points.ts';
import { QUIET, SMOOTH } from './story.ts';
import type { Story } from './story.ts';
import { tell } from './tell.ts';
import { inWords } from './telling.ts';

// The local try and ten more.
const UNTIL_PARKED = 11;

const PARKED = {
  requestShipment: QUIET,
  refundIntent: { ...QUIET, orders: [{ ...SMOOTH, hasBadAddress: true }] },
} as const satisfies Record<string, Story>;

describe('A worker that is stopped while a step is parked', () => {
  for (const [name, quiet] of Object.entries(PARKED)) {
    it(`sends nothing once an operator has done it by hand: ${name}`, async () => {
      const call = await firstCall(quiet, name);
      const fails = { call, kind: 'fails', seconds: 1, times: UNTIL_PARKED } as const;
      const parked: Story = { ...quiet, operator: 'mark-done', faults: [fails] };
      const { calls } = await tell(parked);
      let walks = 0;
      for (let at = call + UNTIL_PARKED; at <= calls + 2; at += 1) {
        const stopped = {
          call: at,
          kind: 'is answered to a stopped process',
          seconds: 60,
          times: 1,
        } as const;
        const story = { ...parked, faults: [fails, stopped] };
        const { violations } = await tell(story);
        assert.ok(violations.length === 0, violations[0] && (await inWords(story)));
        walks += 1;
      }
      assert.ok(walks > UNTIL_PARKED);
    });
  }
});
