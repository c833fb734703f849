import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hasCardNumber, repeatedMember } from '../../src/api/hygiene.ts';
import { canonicalJson, parseKey } from '../../src/api/idempotency.ts';
import { preferredWait } from '../../src/api/waiting.ts';

describe('A card number', () => {
  const hidden = [
    '4242424242424242',
    '4242 4242 4242 4242',
    '4242-4242-4242-4242',
    'card4242424242424242exp',
    '4242 4242 4242 4242 12/27 123',
    '12 4242424242424242',
    '378282246310005',
    '6304000000000000',
    '4222222222222',
  ];
  for (const text of hidden) {
    it(`is found in ${text}`, () => assert.ok(hasCardNumber(text)));
  }

  const harmless = [
    '4242424242424241',
    '424242424242',
    '42424242424242424242',
    '4242x4242x4242x4242',
    'pm_1NXWPnDEMOpuYxSnDFkPT',
    '',
  ];
  for (const text of harmless) {
    it(`is not seen in ${text || 'nothing'}`, () => assert.ok(!hasCardNumber(text)));
  }
});

describe('JSON', () => {
  it('has one canonical form, whatever the order of its members', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (typeof value !== 'object' || value === null) return value;
      const members = Object.entries(value).map(([k, v]) => [k, shuffled(v)] as const);
      return Object.fromEntries(members.reverse());
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = JSON.parse(JSON.stringify(value)) as unknown;
        assert.equal(canonicalJson(shuffled(parsed)), canonicalJson(parsed));
        assert.deepEqual(JSON.parse(canonicalJson(parsed)), parsed);
      }),
    );
  });

  it('has no member twice when it was written by a machine', () => {
    fc.assert(fc.property(fc.json(), (text) => assert.equal(repeatedMember(text), undefined)));
  });

  it('with a member twice is found out, in whatever disguise', () => {
    assert.equal(repeatedMember('{"a":1,"b":{"a":2},"a":3}'), 'a');
    assert.equal(repeatedMember('[{"x":"}\\""},{"y":{"z":[1,{"n":1,"\\u006e":2}]}}]'), 'n');
    assert.equal(repeatedMember('{"a":"a","b":["a","a"],"c":{"a":":"}}'), undefined);
  });
});

describe('An Idempotency-Key', () => {
  it('is read bare and as an RFC 8941 string', () => {
    assert.equal(parseKey('k'), 'k');
    assert.equal(parseKey('"k"'), 'k');
    assert.equal(parseKey('"a\\"b\\\\c"'), 'a"b\\c');
    assert.equal(parseKey('a"b'), 'a"b');
    assert.equal(parseKey('x'.repeat(255))?.length, 255);
  });

  it('is nothing else', () => {
    for (const text of [
      '',
      '"',
      '""',
      '"a',
      '"a"b',
      '"a";p=1',
      '"a\\b"',
      'a b',
      '"a b"',
      'ä',
      'a\t',
    ]) {
      assert.equal(parseKey(text), undefined, text);
    }
    assert.equal(parseKey('x'.repeat(256)), undefined);
  });
});

describe('Prefer: wait', () => {
  it('is read among other preferences, and ignored outside its limits', () => {
    const read: [string | undefined, number | undefined][] = [
      ['wait=10', 10],
      ['wait=0', 0],
      ['wait=30', 30],
      ['wait="5"', 5],
      ['respond-async, Wait=7', 7],
      ['respond-async; wait=7, return=minimal', 7],
      ['wait=31', undefined],
      ['wait=-1', undefined],
      ['wait=1.5', undefined],
      ['await=3', undefined],
      ['', undefined],
      [undefined, undefined],
    ];
    for (const [header, seconds] of read) assert.equal(preferredWait(header), seconds, header);
  });
});
