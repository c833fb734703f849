/** What Stripe sends is taken only as Stripe has signed it, byte for byte, and while it is new. */
import assert from 'node:assert/strict';
import { createEventReader } from '../../src/adapters/stripe/events.ts';
import { eventOf, signature } from '../support/signed-events.ts';

const NOW = Date.UTC(2026, 10, 22);
const [OLD, NEW] = ['whsec_the_old_one', 'whsec_the_new_one'];
const read = createEventReader({ secrets: [OLD, NEW], now: () => NOW });
const body = JSON.stringify(eventOf({ intent: 'pi_7', orderId: 'ord_1', installation: 'ins_1' }));
const bytes = Buffer.from(body);
const by = (secret: string, at = NOW) => signature(bytes, { secret, at });
const isTaken = (sent: Uint8Array, header: string | undefined) => !('why' in read(sent, header));

describe('An event of Stripe', () => {
  it('is read as far as it is a hint: what it is about, and no amount', () => {
    const event = read(bytes, by(OLD));
    assert.ok(!('why' in event), JSON.stringify(event));
    const { id, createdAt, ...about } = event;
    assert.match(id, /^evt_/);
    assert.ok(createdAt instanceof Date);
    assert.deepEqual(about, {
      type: 'payment_intent.succeeded',
      objectId: 'pi_7',
      intentId: 'pi_7',
      orderId: 'ord_1',
      installation: 'ins_1',
    });
  });

  it('may be signed by either secret while one replaces the other, and by no third', () => {
    assert.ok(isTaken(bytes, by(OLD)) && isTaken(bytes, by(NEW)));
    assert.ok(!isTaken(bytes, by('whsec_a_third_one')));
    const signedTwice = `${by('whsec_a_third_one')},${by(NEW).split(',')[1] ?? ''}`;
    assert.ok(isTaken(bytes, signedTwice), 'as Stripe signs while it rolls a secret');
    assert.ok(!('why' in createEventReader({ secrets: [NEW], now: () => NOW })(bytes, by(NEW))));
    assert.ok('why' in createEventReader({ secrets: [NEW], now: () => NOW })(bytes, by(OLD)));
    assert.ok('why' in createEventReader({ secrets: [], now: () => NOW })(bytes, by('')));
  });

  it('may be five minutes off our clock, and no second more, either way', () => {
    for (const direction of [-1, 1]) {
      assert.ok(isTaken(bytes, by(OLD, NOW + direction * 300_000)));
      assert.ok(!isTaken(bytes, by(OLD, NOW + direction * 301_000)));
      assert.ok(!isTaken(bytes, by(OLD, NOW + direction * 3 * 86_400_000)));
    }
  });

  it('is refused with any byte changed, left out or added', () => {
    const header = by(OLD);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.ok(!isTaken(changed, header), `byte ${at} is another`);
    }
    assert.ok(!isTaken(bytes.subarray(1), header));
    assert.ok(!isTaken(Buffer.concat([bytes, Buffer.from(' ')]), header));
    assert.ok(!isTaken(Buffer.from(JSON.stringify(JSON.parse(body), null, 1)), header));
  });

  it('is refused as bytes that only read like those that were signed', () => {
    const header = by(OLD);
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    assert.ok(!isTaken(marked, header), 'a byte order mark');
    const odd = JSON.stringify({ ...eventOf(), note: '\uFFFD' });
    const oddHeader = signature(odd, { secret: OLD, at: NOW });
    assert.ok(isTaken(Buffer.from(odd), oddHeader));
    const broken = Buffer.from(odd, 'utf8');
    const at = broken.indexOf(Buffer.from('\uFFFD'));
    const replaced = Buffer.concat([
      broken.subarray(0, at),
      Buffer.from([0xff]),
      broken.subarray(at + 3),
    ]);
    assert.ok(!isTaken(replaced, oddHeader), 'a byte that is no UTF-8');
  });

  const time = NOW / 1_000;
  const hmac = by(OLD).split('v1=')[1] ?? '';
  for (const [what, header] of [
    ['no signature', undefined],
    ['an empty one', ''],
    ['no time', `v1=${hmac}`],
    ['no signature of a scheme that is known', `t=${time},v0=${hmac}`],
    ['two times', `t=${time},t=${time},v1=${hmac}`],
    ['a time that is no number', `t=now,v1=${hmac}`],
    ['a time with a tail', `t=${time}x,v1=${hmac}`],
    ['a time below zero', `t=-1,v1=${hmac}`],
    ['half a signature', `t=${time},v1=${hmac.slice(0, 32)}`],
    ['a signature in another case', `t=${time},v1=${hmac.toUpperCase()}`],
    ['words', 'let me in'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.ok(!isTaken(bytes, header));
    });
  }

  it('is no event, although it is signed, without what an event has', () => {
    const event = eventOf();
    for (const odd of [
      null,
      [],
      'event',
      {},
      { ...event, id: undefined },
      { ...event, id: 'evt_\u0000' },
      { ...event, id: 'x'.repeat(256) },
      { ...event, type: 'a b' },
      { ...event, created: 1e300 },
      { ...event, created: -1 },
      { ...event, data: {} },
      { id: 'evt_1', object: 'v2.core.event', type: 'v1.billing', created: '2026-01-01' },
    ]) {
      const text = JSON.stringify(odd);
      const answer = read(Buffer.from(text), signature(text, { secret: OLD, at: NOW }));
      assert.deepEqual(answer, { why: 'it is signed, and no event' }, text);
    }
    const garbage = '{"id": "evt_1"';
    const answer = read(Buffer.from(garbage), signature(garbage, { secret: OLD, at: NOW }));
    assert.ok('why' in answer);
  });

  it('is about whatever can be read of it, and in nobody’s name that cannot be', () => {
    const readOf = (object: unknown) => {
      const text = JSON.stringify({ ...eventOf(), data: { object } });
      const event = read(Buffer.from(text), signature(text, { secret: OLD, at: NOW }));
      assert.ok(!('why' in event), text);
      return [event.objectId, event.intentId, event.orderId, event.installation];
    };
    const refund = { id: 're_1', object: 'refund', payment_intent: 'pi_1', metadata: null };
    assert.deepEqual(readOf(refund), ['re_1', 'pi_1', undefined, undefined]);
    const odd = { id: 7, object: 'charge', payment_intent: { id: 'pi_1' }, metadata: [] };
    assert.deepEqual(readOf(odd), [undefined, undefined, undefined, undefined]);
    const metadata = { order_id: 'no order!', installation_id: '\u0000' };
    const another = { id: 'pi_1', object: 'payment_intent', metadata };
    assert.deepEqual(readOf(another), ['pi_1', 'pi_1', undefined, 'unreadable']);
  });
});
