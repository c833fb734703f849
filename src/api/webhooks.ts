/** A tenant's webhook endpoints over HTTP: what is sent where, and what came of it. */
import { randomBytes } from 'node:crypto';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { typeid } from 'typeid-js';
import type { EndpointId } from '../domain/webhook.ts';
import type { ApiEnv } from './env.ts';
import { makeCursor, pageOf, readCursor } from './pages.ts';
import { invalid, Problem } from './problems.ts';
import type { WebhookStore, WebhookTransport } from './webhook-ports.ts';
import * as routes from './webhook-routes.ts';
import { deliveryPath, endpointPath, showDelivery } from './webhook-shown.ts';
import { showEndpoint, showWithSecret } from './webhook-shown.ts';

export interface WebhookDeps {
  readonly webhooks: WebhookStore;
  readonly transport: Pick<WebhookTransport, 'refusalOf'>;
}

export function addWebhookRoutes(app: OpenAPIHono<ApiEnv>, deps: WebhookDeps): void {
  addEndpointRoutes(app, deps);
  addDeliveryRoutes(app, deps);
}

function addEndpointRoutes(app: OpenAPIHono<ApiEnv>, { webhooks, transport }: WebhookDeps): void {
  const mayBeSentTo = (url: string): void => {
    const detail = transport.refusalOf(url);
    if (detail !== undefined) throw invalid({ field: 'url', detail });
  };

  app.openapi(routes.createEndpoint, async (c) => {
    const wanted = c.req.valid('json');
    mayBeSentTo(wanted.url);
    const secret = newSecret();
    const id: EndpointId = typeid('whe').toString();
    const created = await webhooks.create(c.var.principal.tenantId, { id, ...wanted }, secret);
    if (created === undefined) throw new Problem('too-many-endpoints');
    c.header('Location', endpointPath(id));
    return c.json(showWithSecret(created, secret), 201);
  });

  app.openapi(routes.listEndpoints, async (c) => {
    const listed = await webhooks.list(c.var.principal.tenantId);
    return c.json({ data: listed.map(showEndpoint), nextCursor: null }, 200);
  });

  app.openapi(routes.getEndpoint, async (c) => {
    const id = endpointIdOf(c.req.valid('param').id);
    return c.json(showEndpoint(there(await webhooks.find(c.var.principal.tenantId, id))), 200);
  });

  app.openapi(routes.updateEndpoint, async (c) => {
    const id = endpointIdOf(c.req.valid('param').id);
    const change = c.req.valid('json');
    if (change.url !== undefined) mayBeSentTo(change.url);
    const updated = await webhooks.update(c.var.principal.tenantId, id, change);
    return c.json(showEndpoint(there(updated)), 200);
  });

  app.openapi(routes.deleteEndpoint, async (c) => {
    const id = endpointIdOf(c.req.valid('param').id);
    if (!(await webhooks.remove(c.var.principal.tenantId, id))) throw new Problem('not-found');
    return c.body(null, 204);
  });

  app.openapi(routes.rotateSecret, async (c) => {
    const id = endpointIdOf(c.req.valid('param').id);
    const { overlapSeconds } = c.req.valid('json');
    const secret = newSecret();
    const { tenantId } = c.var.principal;
    const rotated = there(await webhooks.rotate(tenantId, id, secret, overlapSeconds));
    return c.json(showWithSecret(rotated, secret), 200);
  });
}

function addDeliveryRoutes(app: OpenAPIHono<ApiEnv>, { webhooks }: WebhookDeps): void {
  app.openapi(routes.testEndpoint, async (c) => {
    const id = endpointIdOf(c.req.valid('param').id);
    const asked = there(await webhooks.test(c.var.principal.tenantId, id));
    c.header('Location', deliveryPath(asked));
    return c.json(showDelivery(asked), 202);
  });

  app.openapi(routes.listDeliveries, async (c) => {
    const id = endpointIdOf(c.req.valid('param').id);
    const { limit, cursor, ...filter } = c.req.valid('query');
    const before = cursor === undefined ? {} : { before: readCursor(cursor, EVENT_ID)[0] };
    const page = { limit: limit + 1, ...before };
    const listed = await webhooks.deliveries(c.var.principal.tenantId, id, filter, page);
    if (listed === 'unknown') throw new Problem('not-found');
    if (listed === 'unknown-place') throw invalid(WRONG_CURSOR);
    const { shown, nextCursor } = pageOf(listed, limit, ({ eventId }) => makeCursor(eventId));
    return c.json({ data: shown.map(showDelivery), nextCursor }, 200);
  });

  app.openapi(routes.getDelivery, async (c) => {
    const { id, eventId } = deliveryOf(c.req.valid('param'));
    const found = await webhooks.delivery(c.var.principal.tenantId, id, eventId);
    return c.json(showDelivery(there(found)), 200);
  });

  app.openapi(routes.resendDelivery, async (c) => {
    const { id, eventId } = deliveryOf(c.req.valid('param'));
    const found = await webhooks.resend(c.var.principal.tenantId, id, eventId);
    return c.json(showDelivery(there(found)), 202);
  });

  app.openapi(routes.resendFailed, async (c) => {
    const id = endpointIdOf(c.req.valid('param').id);
    const { since } = c.req.valid('json');
    const { tenantId } = c.var.principal;
    const count = there(await webhooks.resendFailed(tenantId, id, since, MOST_RESENT));
    return c.json({ count }, 202);
  });
}

const WRONG_CURSOR = { field: 'cursor', detail: 'Must be a nextCursor.' };

// A transaction of less than a second, on a table of millions.
const MOST_RESENT = 10_000;

// As long as the hash that signs with it.
const SECRET_BYTES = 32;

function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

const ENDPOINT_ID = /^whe_[0-9a-z]{26}$/;
const EVENT_ID = /^evt_[0-9a-z]{32}$/;

/** Anything else is an ID that nobody has: it is not worth a question to the database. */
function endpointIdOf(text: string): EndpointId {
  if (!ENDPOINT_ID.test(text)) throw new Problem('not-found');
  return text as EndpointId;
}

function deliveryOf({ id, eventId }: { readonly id: string; readonly eventId: string }) {
  if (!EVENT_ID.test(eventId)) throw new Problem('not-found');
  return { id: endpointIdOf(id), eventId };
}

function there<Found>(found: Found | undefined): Found {
  if (found === undefined) throw new Problem('not-found');
  return found;
}
