/** As contract.test.ts, for the routes of webhooks: every answer that is described is provoked. */
import assert from 'node:assert/strict';
import { changed, comparable, describedAnswers } from '../support/contract.ts';
import { exampleRequests } from '../support/contract.ts';
import type { Request } from '../support/contract.ts';
import { createProvoked, itRefusesAlike } from '../support/provoked.ts';
import { ENDPOINTS } from '../support/webhook-scene.ts';
import { addKey, createHarness } from './harness.ts';
import type { Harness } from './harness.ts';

const UNKNOWN = 'whe_01jd7m8z3fe4x8q2v5t6y7h9kb';
const NO_EVENT = 'evt_01993b2f6c1e7f0aa3d58c41b7e09f62';
const BODY: Readonly<Record<string, object>> = {
  [`POST ${ENDPOINTS}`]: { url: 'https://shop.example/hooks' },
  [`PATCH ${ENDPOINTS}/${UNKNOWN}`]: { enabled: true },
  [`POST ${ENDPOINTS}/${UNKNOWN}/rotate-secret`]: {},
  [`POST ${ENDPOINTS}/${UNKNOWN}/resend`]: { since: '2026-11-20T12:00:00Z' },
};
const BARE = [
  `GET ${ENDPOINTS}`,
  `GET ${ENDPOINTS}/${UNKNOWN}`,
  `DELETE ${ENDPOINTS}/${UNKNOWN}`,
  `POST ${ENDPOINTS}/${UNKNOWN}/test`,
  `GET ${ENDPOINTS}/${UNKNOWN}/deliveries`,
  `GET ${ENDPOINTS}/${UNKNOWN}/deliveries/${NO_EVENT}`,
  `POST ${ENDPOINTS}/${UNKNOWN}/deliveries/${NO_EVENT}/resend`,
];

describe('The contract of webhooks', () => {
  let api: Harness;
  /** A key with every scope but this one. */
  let powerless: string;
  before(async () => {
    api = await createHarness();
    powerless = await addKey(api.pool, api.acme.id, ['orders:read', 'orders:write']);
  });
  after(() => api.close());

  const { given, send, gives } = createProvoked(() => api);
  const ask = (operation: string, body?: unknown): Request => {
    const [method = '', path = ''] = operation.split(' ');
    const headers = { Authorization: `Bearer ${api.acme.key}`, 'Content-Type': 'application/json' };
    return [path, { method, headers, ...(body !== undefined && { body: textOf(body) }) }];
  };
  const all = () => [
    ...Object.entries(BODY).map(([operation, body]) => ask(operation, body)),
    ...BARE.map((operation) => ask(operation)),
  ];
  const create = async (body: unknown = BODY[`POST ${ENDPOINTS}`]) => {
    const answer = await gives(ask(`POST ${ENDPOINTS}`, body), 'createWebhookEndpoint 201');
    return { location: answer.headers.get('location') ?? '' };
  };
  const remove = (location: string) =>
    gives(ask(`DELETE ${location}`), 'deleteWebhookEndpoint 204');

  itRefusesAlike({ api: () => api, powerless: () => powerless, all, send });

  it('holds for what is wrong with a body, or with its being there', async () => {
    for (const operation of Object.keys(BODY)) {
      for (const [body, status] of [
        [' '.repeat(65_537), 413],
        ['{', 400],
        [{ isUnknown: true }, 400],
      ] as const) {
        assert.equal((await send(ask(operation, body))).answer.status, status, operation);
      }
      const text = changed(ask(operation, '{}'), { 'Content-Type': 'text/plain' });
      assert.equal((await send(text)).answer.status, 415);
    }
    for (const operation of BARE.filter((one) => !one.startsWith('GET'))) {
      assert.equal((await send(ask(operation, {}))).answer.status, 400);
      assert.equal((await send(ask(operation, ' '.repeat(65_537)))).answer.status, 413);
    }
  });

  it('holds for what is not there, and for what can be nobody’s ID', async () => {
    for (const [path, init] of all().filter(([one]) => one.includes(UNKNOWN))) {
      assert.equal((await send([path, init])).answer.status, 404);
      for (const odd of [path.replace(UNKNOWN, 'whe_x'), path.replace(NO_EVENT, 'evt_x')]) {
        assert.equal((await send([odd, init])).answer.status, 404);
      }
    }
  });

  it('holds for the life of an endpoint, from any example of it', async () => {
    for (const body of exampleRequests('createWebhookEndpoint')) {
      const { location } = await create(body);
      await gives(ask(`GET ${location}`), 'getWebhookEndpoint 200');
      for (const change of exampleRequests('updateWebhookEndpoint')) {
        await gives(ask(`PATCH ${location}`, change), 'updateWebhookEndpoint 200');
      }
      for (const rotation of exampleRequests('rotateWebhookSecret')) {
        await gives(ask(`POST ${location}/rotate-secret`, rotation), 'rotateWebhookSecret 200');
      }
      await gives(ask(`PATCH ${location}`, { enabled: false }), 'updateWebhookEndpoint 200');
      await gives(ask(`GET ${ENDPOINTS}`), 'listWebhookEndpoints 200');
      await remove(location);
      await gives(ask(`GET ${location}`), 'getWebhookEndpoint 404 /problems/not-found');
    }
  });

  it('holds for what an endpoint must not be, and for one too many', async () => {
    const problem = (what: string) => `${what} /problems/invalid-request`;
    const http = { url: 'http://shop.example/hooks' };
    await gives(ask(`POST ${ENDPOINTS}`, http), problem('createWebhookEndpoint 400'));
    const { location } = await create();
    await gives(ask(`PATCH ${location}`, http), problem('updateWebhookEndpoint 400'));
    const long = { overlapSeconds: 604_801 };
    const rotate = ask(`POST ${location}/rotate-secret`, long);
    await gives(rotate, problem('rotateWebhookSecret 400'));
    const locations = [location];
    while (locations.length < 20) locations.push((await create()).location);
    const many = 'createWebhookEndpoint 409 /problems/too-many-endpoints';
    await gives(ask(`POST ${ENDPOINTS}`, BODY[`POST ${ENDPOINTS}`]), many);
    for (const one of locations) await remove(one);
    await remove((await create()).location);
  });

  it('holds for deliveries', async () => {
    const { location } = await create();
    const asked = await gives(ask(`POST ${location}/test`), 'testWebhookEndpoint 202');
    const delivery = asked.headers.get('location') ?? '';
    await gives(ask(`GET ${delivery}`), 'getWebhookDelivery 200');
    await gives(ask(`POST ${delivery}/resend`), 'resendWebhookDelivery 202');
    await gives(ask(`GET ${location}/deliveries?status=pending`), 'listWebhookDeliveries 200');
    for (const body of exampleRequests('resendFailedWebhooks')) {
      await gives(ask(`POST ${location}/resend`, body), 'resendFailedWebhooks 202');
    }
    const problem = (what: string) => `${what} /problems/invalid-request`;
    const cursor = Buffer.from(NO_EVENT).toString('base64url');
    for (const odd of ['W10', cursor]) {
      const page = ask(`GET ${location}/deliveries?cursor=${odd}`);
      await gives(page, problem('listWebhookDeliveries 400'));
    }
    const since = { since: 'yesterday' };
    await gives(ask(`POST ${location}/resend`, since), problem('resendFailedWebhooks 400'));
    await remove(location);
  });

  it('describes nothing that was not answered just now', () => {
    const missing = [...describedAnswers('webhooks').keys()].filter((what) => !given.has(what));
    assert.deepEqual(missing, []);
  });

  it('shows no example of a problem that was not an answer just now', () => {
    for (const [what, example] of describedAnswers('webhooks')) {
      if (example === undefined) continue;
      const shown = comparable(JSON.stringify(example));
      assert.ok(given.get(what)?.includes(shown), `${what}: ${given.get(what)?.[0] ?? ''}`);
    }
  });
});

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
