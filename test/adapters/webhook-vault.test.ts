import assert from 'node:assert/strict';
import { createVault } from '../../src/adapters/webhooks/vault.ts';

describe('The vault of webhook secrets', () => {
  const [old, now] = [Buffer.alloc(32, 'old'), Buffer.alloc(32, 'now')];
  const SECRET = 'whsec_bm90IGEgc2VjcmV0LCBidXQgYW4gZXhhbXBsZQ==';
  const ENDPOINT = 'whe_01m7z8w3n5e2v9k4r7t1q6y0zb';

  it('opens what it sealed, which shows nothing of it, and never looks the same', () => {
    const vault = createVault([now]);
    const [sealed, again] = [vault.seal(SECRET, ENDPOINT), vault.seal(SECRET, ENDPOINT)];
    assert.equal(vault.open(sealed, ENDPOINT), SECRET);
    assert.ok(!sealed.toString('latin1').includes('whsec_'));
    assert.notDeepEqual(sealed, again);
  });

  it('opens what an older key sealed as long as that key is there, and seals with the first', () => {
    const sealed = createVault([old]).seal(SECRET, ENDPOINT);
    const both = createVault([now, old]);
    assert.equal(both.open(sealed, ENDPOINT), SECRET);
    assert.equal(createVault([now]).open(sealed, ENDPOINT), undefined);
    assert.equal(createVault([now]).open(both.seal(SECRET, ENDPOINT), ENDPOINT), SECRET);
  });

  it('opens nothing that is another endpoint’s, or was touched', () => {
    const vault = createVault([now]);
    const sealed = vault.seal(SECRET, ENDPOINT);
    assert.equal(vault.open(sealed, ENDPOINT.replace('01m', '02m')), undefined);
    for (const [index] of sealed.entries()) {
      const touched = Buffer.from(sealed);
      touched[index] = (touched[index] ?? 0) ^ 1;
      assert.equal(vault.open(touched, ENDPOINT), undefined, index.toString());
    }
    assert.equal(vault.open(Buffer.alloc(0), ENDPOINT), undefined);
  });
});
