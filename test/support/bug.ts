/** The third kind of wrong, as `assert.rejects` wants it: neither a refusal nor unavailable. */
import assert from 'node:assert/strict';
import { Refusal, Unavailable } from '../../src/domain/wrong.ts';

export function isBug(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error);
    assert.ok(!(error instanceof Unavailable || error instanceof Refusal), error.message);
    assert.match(error.message, message);
    return true;
  };
}
