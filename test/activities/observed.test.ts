import assert from 'node:assert/strict';
import { observeCarrier, observeGateway, observeMailer } from '../../src/activities/observed.ts';
import type { Tally } from '../../src/activities/observed.ts';
import type { Carrier, Mailer, PaymentGateway } from '../../src/activities/ports.ts';
import { Refusal, Unavailable } from '../../src/domain/wrong.ts';

describe('A party outside that is observed', () => {
  let told: string[] = [];
  beforeEach(() => (told = []));
  const tally: Tally = {
    called: ({ party, operation, outcome }, seconds) => {
      assert.ok(seconds >= 0);
      told.push(`${party} ${operation} ${outcome}`);
    },
    unknown: ({ party, operation }) => void told.push(`${party} ${operation}: unknown`),
    resolved: ({ party, operation }, how) => void told.push(`${party} ${operation}: ${how}`),
  };
  const first = { tally, isRepeated: () => false };
  const again = { tally, isRepeated: () => true };
  /** Every method of it ends that way. */
  const answering = <Answer>(end: () => Promise<Answer>) =>
    new Proxy({}, { get: () => end }) as PaymentGateway & Carrier & Mailer;
  const budget = { timeoutMs: 1 };
  const keyed = { ...budget, key: 'k' };

  it('answers as it did, and is counted by what it said', async () => {
    for (const [end, outcome] of [
      [() => Promise.resolve('yes'), 'answered'],
      [() => Promise.reject(new Refusal('payment-declined', 'no')), 'refused'],
      [() => Promise.reject(new Error('what')), 'bug'],
    ] as const) {
      told = [];
      const gateway = answering(end);
      const seen = observeGateway(gateway, first).captureIntent('pi', keyed);
      assert.deepEqual(await Promise.allSettled([seen]), await Promise.allSettled([end()]));
      assert.deepEqual(told, [`gateway capture ${outcome}`]);
    }
  });

  it('is counted as unknown where it left open what has happened', async () => {
    const lost = () => Promise.reject(new Unavailable('no answer in time'));
    await assert.rejects(observeMailer(answering(lost), first).send({} as never, budget));
    await assert.rejects(observeCarrier(answering(lost), first).cancelShipment('ord_1', budget));
    assert.deepEqual(told, [
      'mail send unknown',
      'mail send: unknown',
      'carrier cancel unknown',
      'carrier cancel: unknown',
    ]);
  });

  it('is asked again for what goes under a name of our own, and looked at for money', async () => {
    const yes = () => Promise.resolve('yes');
    await observeCarrier(answering(yes), again).requestShipment({} as never, budget);
    const gateway = observeGateway(answering(yes), again);
    await gateway.createIntent({} as never, keyed);
    await gateway.confirmIntent('pi', keyed);
    await gateway.refundIntent({} as never, keyed);
    assert.deepEqual(
      told.filter((line) => line.includes(':')),
      ['carrier request: asked again', 'gateway create: asked again'],
    );
  });
});
