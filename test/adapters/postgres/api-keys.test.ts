import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { makeApiKey, parseApiKey } from '../../../src/adapters/postgres/api-keys.ts';

describe('API keys', () => {
  it('read back as the ID and the hash they were made with', () => {
    for (const environment of ['dev', 'live'] as const) {
      const { key, id, secretHash } = makeApiKey(environment);
      assert.match(key, new RegExp(`^mg_${environment}_${id}_[0-9A-Za-z]{36}$`));
      assert.deepEqual(parseApiKey(key), { id, secretHash, environment });
    }
  });

  it('are hashed by their secret alone, which the hash does not reveal', () => {
    const { key, id, secretHash } = makeApiKey('dev');
    const secret = key.slice(`mg_dev_${id}_`.length, -6);
    assert.deepEqual(secretHash, createHash('sha256').update(secret).digest());
    assert.ok(Math.log2(62) * secret.length >= 128);
  });

  it('differ every time', () => {
    const keys = Array.from({ length: 100 }, () => makeApiKey('live').key);
    assert.equal(new Set(keys).size, keys.length);
  });

  it('are refused after any one letter was changed', () => {
    const { key } = makeApiKey('dev');
    const position = fc.nat(key.length - 1);
    const letter = fc.constantFrom('0', 'A', 'z', '_', '~', ' ');
    fc.assert(
      fc.property(position, letter, (at, changed) => {
        fc.pre(key.charAt(at) !== changed);
        assert.equal(parseApiKey(key.slice(0, at) + changed + key.slice(at + 1)), undefined);
      }),
    );
  });

  it('are refused when cut, lengthened or made of anything else', () => {
    const { key } = makeApiKey('dev');
    for (const text of ['', key.slice(0, -1), `${key}0`, ` ${key}`, `${key}\n`, 'mg_dev_a_b']) {
      assert.equal(parseApiKey(text), undefined, JSON.stringify(text));
    }
    fc.assert(fc.property(fc.string(), (text) => parseApiKey(text) === undefined));
  });
});
