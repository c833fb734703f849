import assert from 'node:assert/strict';
import { createHarness, newKey, postOf, validBody } from './harness.ts';
import type { Harness, ProblemBody } from './harness.ts';

const CARD = '4242424242424242';

describe('A request that is not valid', () => {
  let api: Harness;
  before(async () => (api = await createHarness()));
  after(() => api.close());

  const post = (init: RequestInit) => api.app.request('/v1/orders', init);

  /** Asserts the problem, and that the key is free afterwards. */
  async function refused(init: RequestInit, status: number, type: string): Promise<ProblemBody> {
    const claims = await api.count('idempotency_claim');
    const response = await post(init);
    const text = await response.text();
    assert.equal(response.status, status, text);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    assert.ok(!text.includes(CARD), 'no problem repeats a card number');
    const problem = JSON.parse(text) as ProblemBody;
    assert.equal(problem.type, `/problems/${type}`);
    assert.equal(problem.status, status);
    assert.equal(problem.instance, response.headers.get('x-request-id'));
    assert.equal(await api.count('idempotency_claim'), claims);
    return problem;
  }

  const address = validBody().shippingAddress;
  const customer = validBody().customer;
  const tooManyLines = Array.from({ length: 101 }, (_, n) => ({ sku: `S${n}`, quantity: 1 }));
  const tooMuchMetadata = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`m${n}`, 'x']));
  const deep = JSON.parse('{"a":'.repeat(30) + '1' + '}'.repeat(30)) as unknown;

  const fields: [what: string, change: Record<string, unknown>, field: string, words?: RegExp][] = [
    ['no lines', { lines: undefined }, 'lines', /required/],
    ['an empty list of lines', { lines: [] }, 'lines'],
    ['more than 100 lines', { lines: tooManyLines }, 'lines'],
    ['quantity 0', { lines: [{ sku: 'TEA', quantity: 0 }] }, 'lines[0].quantity'],
    ['quantity 1001', { lines: [{ sku: 'TEA', quantity: 1001 }] }, 'lines[0].quantity'],
    ['half a cup', { lines: [{ sku: 'CUP', quantity: 0.5 }] }, 'lines[0].quantity'],
    ['a quantity in words', { lines: [{ sku: 'TEA', quantity: '2' }] }, 'lines[0].quantity'],
    ['a line without a SKU', { lines: [{ quantity: 1 }] }, 'lines[0].sku', /required/],
    ['an unknown field', { coupon: 'FREE' }, 'coupon', /not known/],
    [
      'an unknown field of a line',
      { lines: [{ sku: 'TEA', quantity: 1, price: 1 }] },
      'lines[0].price',
    ],
    [
      'an e-mail address that is none',
      { customer: { ...customer, email: 'ada' } },
      'customer.email',
    ],
    ['a name of spaces', { customer: { ...customer, name: '  ' } }, 'customer.name'],
    ['a line break in a name', { customer: { ...customer, name: 'A\nBcc: x' } }, 'customer.name'],
    [
      'a country in words',
      { shippingAddress: { ...address, country: 'Britain' } },
      'shippingAddress.country',
    ],
    ['no payment method', { paymentMethod: undefined }, 'paymentMethod', /required/],
    ['a card number for a token', { paymentMethod: CARD }, 'paymentMethod', /token/],
    ['a way back without TLS', { returnUrl: 'http://shop.example' }, 'returnUrl', /https/],
    ['a way back to a script', { returnUrl: 'javascript:alert(1)' }, 'returnUrl', /https/],
    ['a way back with a password', { returnUrl: 'https://a:b@shop.example' }, 'returnUrl', /https/],
    ['a way back to nowhere', { returnUrl: 'thanks' }, 'returnUrl', /https/],
    ['a card number as a number', { paymentMethod: Number(CARD) }, 'paymentMethod', /token/],
    [
      'a card number in metadata',
      { metadata: { note: `card 4242-4242 4242 4242!` } },
      'metadata.note',
    ],
    ['a card number as a name', { metadata: { [CARD]: 'x' } }, 'metadata', /card number/],
    [
      'an amount that is a float',
      { expectedAmount: { value: 20.48, currency: 'EUR' } },
      'expectedAmount.value',
    ],
    [
      'an amount with a point',
      { expectedAmount: { value: '20.48', currency: 'EUR' } },
      'expectedAmount.value',
    ],
    ['metadata that is no text', { metadata: { a: 1 } }, 'metadata.a'],
    ['21 entries of metadata', { metadata: tooMuchMetadata }, 'metadata', /20/],
    ['a long name in metadata', { metadata: { ['n'.repeat(41)]: 'x' } }, 'metadata.…'],
    ['NUL', { metadata: { a: 'x\0' } }, 'metadata.a', /NUL/],
    ['a lone surrogate', { metadata: { a: '\ud800' } }, 'metadata.a', /Unicode/],
    ['nesting without end', { metadata: deep }, 'metadata', /deeper/],
  ];
  for (const [what, change, field, words] of fields) {
    it(`is refused by name: ${what}`, async () => {
      const key = newKey();
      const init = postOf(api.acme, { key, body: { ...validBody(), ...change } });
      const { errors = [] } = await refused(init, 400, 'invalid-request');
      const error = errors.find((one) => one.field === field);
      assert.ok(error, `${field} is named: ${JSON.stringify(errors)}`);
      if (words) assert.match(error.detail, words);
    });
  }

  it('leaves its key free for the request as it was meant', async () => {
    const key = newKey();
    await refused(postOf(api.acme, { key, body: { lines: [] } }), 400, 'invalid-request');
    assert.equal((await post(postOf(api.acme, { key }))).status, 202);
  });

  it('names all fields at once', async () => {
    const { errors } = await refused(postOf(api.acme, { body: {} }), 400, 'invalid-request');
    assert.deepEqual(
      errors?.map(({ field }) => field),
      ['lines', 'customer', 'shippingAddress', 'paymentMethod'],
    );
  });

  const valid = JSON.stringify(validBody());
  const bodies: [what: string, body: string, type: string, field?: string][] = [
    ['is not JSON', '{"lines": [', 'malformed-json'],
    ['is empty', '', 'malformed-json'],
    ['is a list', '[]', 'invalid-request', 'body'],
    ['is null', 'null', 'invalid-request', 'body'],
    ['has a member __proto__', valid.replace('{', '{"__proto__":{},'), 'invalid-request', 'body'],
    ['names a member twice', valid.replace('{', '{"lines":[],'), 'invalid-request', 'lines'],
    [
      'has a number beyond all',
      valid.replace(':2', ':1e400'),
      'invalid-request',
      'lines[0].quantity',
    ],
  ];
  for (const [what, body, type, field] of bodies) {
    it(`is refused when its body ${what}`, async () => {
      const { errors } = await refused(postOf(api.acme, { body }), 400, type);
      assert.equal(errors?.[0]?.field, field);
    });
  }

  it('is refused when its body is not UTF-8', async () => {
    const text = JSON.stringify({ ...validBody(), metadata: { a: 'caf?' } });
    const body = Buffer.from(text);
    body[body.lastIndexOf('?')] = 0xe9;
    const { errors } = await refused({ ...postOf(api.acme), body }, 400, 'invalid-request');
    assert.equal(errors?.[0]?.field, 'metadata.a');
  });

  it('is refused when it is too large, and when it is not JSON by its own word', async () => {
    const body = { ...validBody(), metadata: { a: 'x'.repeat(65_536) } };
    await refused(postOf(api.acme, { body }), 413, 'body-too-large');
    const headers = { 'Content-Type': 'text/plain' };
    await refused(postOf(api.acme, { headers }), 415, 'unsupported-media-type');
  });

  it('is refused without a key, also when it is valid otherwise', async () => {
    await refused(postOf(api.acme, { key: undefined }), 400, 'idempotency-key-missing');
  });

  for (const key of ['', 'a b', 'ü', '"open', '"a"b"', '""', 'k'.repeat(256), '"a", "b"']) {
    it(`is refused with the key ${key.length > 20 ? 'that is too long' : key || '(empty)'}`, async () => {
      await refused(postOf(api.acme, { key }), 400, 'idempotency-key-invalid');
    });
  }

  it('is told of its body before it is told of its key, and has its key echoed', async () => {
    await refused(postOf(api.acme, { key: undefined, body: {} }), 400, 'invalid-request');
    const key = newKey();
    const response = await post(postOf(api.acme, { key, body: {} }));
    assert.equal(response.headers.get('idempotency-key'), key);
  });
});
