/**
 * The HTTP API as one Hono app. Middlewares stand in the order in which they speak: the request's
 * ID and log line around everything, then whether there is room for it, then 404 and 405, then the
 * guard, and only then the routes.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { secureHeaders } from 'hono/secure-headers';
import type { Logger } from 'pino';
import { addDocumentation } from './documentation.ts';
import type { ApiEnv } from './env.ts';
import { addEventRoutes } from './events.ts';
import type { EventDeps } from './events.ts';
import { addGatewayWebhook } from './gateway-webhooks.ts';
import type { GatewayWebhookDeps } from './gateway-webhooks.ts';
import { guard } from './guard.ts';
import type { GuardDeps } from './guard.ts';
import { shedLoad } from './load.ts';
import type { Load } from './load.ts';
import { addOrderRoutes } from './orders.ts';
import type { OrderDeps } from './orders.ts';
import { addPaymentRoutes } from './payments.ts';
import { OPENAPI_PATH, openApiDocument } from './openapi.ts';
import type { Catalogue } from './ports.ts';
import { addProductRoutes } from './products.ts';
import { answerProblem, onError, Problem } from './problems.ts';
import { addRefundRoutes } from './refunds.ts';
import type { RefundDeps } from './refunds.ts';
import type { ApiMetrics } from './metrics.ts';
import { requestContext } from './request-context.ts';
import { ROUTES } from './routes.ts';
import { addShipmentRoutes } from './shipments.ts';
import type { ShipmentDeps } from './shipments.ts';
import { refuseInvalid } from './validation.ts';
import { addWebhookRoutes } from './webhooks.ts';
import type { WebhookDeps } from './webhooks.ts';

export interface ApiDeps
  extends
    GuardDeps,
    OrderDeps,
    EventDeps,
    RefundDeps,
    ShipmentDeps,
    WebhookDeps,
    GatewayWebhookDeps {
  readonly load: Load;
  readonly catalogue: Catalogue;
  readonly log: Logger;
  /** Without it nothing is measured. */
  readonly measured?: ApiMetrics['measured'];
}

export function createApp({
  credentials,
  limits,
  load,
  catalogue,
  log,
  measured,
  ...deps
}: ApiDeps) {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid });
  app.onError(onError);
  app.notFound((c) => answerProblem(c, new Problem('not-found')));
  if (measured !== undefined) app.use(measured);
  app.use(requestContext(log));
  app.use(secureHeaders());
  app.use(shedLoad(load));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        answerProblem(
          c,
          new Problem('method-not-allowed', { headers: { Allow: methods.join(', ') } }),
        ),
    }),
  );

  // Before the guard: what is public, and what brings another kind of credential.
  addDocumentation(app, { path: OPENAPI_PATH, document: openApiDocument() });
  addGatewayWebhook(app, deps);

  app.use(guard({ credentials, limits }, ROUTES));
  addOrderRoutes(app, deps);
  addPaymentRoutes(app, deps);
  addEventRoutes(app, deps);
  addRefundRoutes(app, deps);
  addShipmentRoutes(app, deps);
  addProductRoutes(app, catalogue);
  addWebhookRoutes(app, deps);
  return app;
}
