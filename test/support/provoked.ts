/**
 * Answers that are provoked and noted by what the document calls them, and the refusals that every
 * route gives alike.
 */
import assert from 'node:assert/strict';
import { createApp } from '../../src/api/app.ts';
import { createLimits } from '../../src/api/limits.ts';
import { Unavailable } from '../../src/domain/wrong.ts';
import { heldToContract, PLENTY } from '../api/harness.ts';
import type { Harness } from '../api/harness.ts';
import { changed, comparable, describedAnswer } from './contract.ts';
import type { Request } from './contract.ts';
import { failing } from './failing.ts';

/** `api` is there once the tests run. */
export function createProvoked(api: () => Harness) {
  /** What was answered, and the bodies of each kind of answer. */
  const given = new Map<string, string[]>();
  const send = async (
    [path, init]: Request,
    app: Pick<Harness['app'], 'request'> = api().app,
  ): Promise<{ readonly what: string; readonly answer: Response }> => {
    const answer = await app.request(path, init);
    const what = await describedAnswer(init.method ?? 'GET', path.replace(/\?.*/, ''), answer);
    assert.ok(what, `${path} is not in the document`);
    const text = answer.status === 204 || answer.status === 304 ? '' : await answer.clone().text();
    const isJson = answer.headers.get('content-type')?.includes('json') === true;
    given.set(what, [...(given.get(what) ?? []), isJson ? comparable(text) : text]);
    return { what, answer };
  };
  const gives = async (request: Request, expected: string): Promise<Response> => {
    const { what, answer } = await send(request);
    assert.equal(what, expected);
    return answer;
  };
  return { given, send, gives };
}

/** `powerless` is a key without the scopes that these requests need. */
export function itRefusesAlike(scene: {
  readonly api: () => Harness;
  readonly powerless: () => string;
  readonly all: () => readonly Request[];
  readonly send: ReturnType<typeof createProvoked>['send'];
}): void {
  const { api, powerless, all, send } = scene;

  it('holds for one request too many, of a tenant and of all', async () => {
    const bug = failing(api(), new Error('not to be reached'));
    const spent = createLimits({ ...PLENTY, perMinute: 0 });
    const full = { enter: () => 'requests' as const, stop: () => undefined, inFlight: 0 };
    for (const [deps, status] of [
      [{ ...bug, limits: spent }, 429],
      [{ ...bug, load: full }, 503],
    ] as const) {
      const app = heldToContract(createApp(deps));
      for (const request of all()) assert.equal((await send(request, app)).answer.status, status);
    }
  });

  it('holds without a credential, without the scope, in an outage and with a bug', async () => {
    for (const request of all()) {
      const unknown = await send(changed(request, { Authorization: undefined }));
      assert.equal(unknown.answer.status, 401);
      const lacking = await send(changed(request, { Authorization: `Bearer ${powerless()}` }));
      assert.equal(lacking.answer.status, 403);
      for (const [error, status] of [
        [new Unavailable('PostgreSQL is down'), 503],
        [new Error('a bug'), 500],
      ] as const) {
        const broken = heldToContract(createApp(failing(api(), error)));
        assert.equal((await send(request, broken)).answer.status, status);
      }
    }
  });
}
