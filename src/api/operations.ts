/**
 * The operations listener as one Hono app: health for whoever asks, and the operations API for
 * operators. A tenant's key opens nothing here, and an operator's nothing on the other listener.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { secureHeaders } from 'hono/secure-headers';
import type { Logger } from 'pino';
import * as differences from './difference-routes.ts';
import { addDifferenceRoutes } from './differences.ts';
import { addDocumentation } from './documentation.ts';
import type { ApiEnv } from './env.ts';
import { guard } from './guard.ts';
import type { GuardDeps } from './guard.ts';
import { addHealth } from './health.ts';
import type { HealthDeps } from './health.ts';
import { addMetrics } from './metrics.ts';
import type { ApiMetrics } from './metrics.ts';
import { CONVENTIONS, describe } from './openapi.ts';
import * as acts from './operator-act-routes.ts';
import { addActRoutes } from './operator-acts.ts';
import type { ActDeps } from './operator-acts.ts';
import { addOperationsPage } from './operations-page.ts';
import * as views from './operator-view-routes.ts';
import { addViewRoutes } from './operator-views.ts';
import type { ViewDeps } from './operator-views.ts';
import { answerProblem, onError, Problem } from './problems.ts';
import { requestContext } from './request-context.ts';
import { refuseInvalid } from './validation.ts';

/** In the order of the document. What is not in this list answers nobody. */
export const OPERATIONS_ROUTES = [
  views.getSummary,
  views.getQueue,
  views.listCause,
  acts.retryCause,
  views.getRetry,
  views.searchOrders,
  views.getStory,
  acts.resolveStep,
  acts.cancelForOperator,
  acts.refundForOperator,
  differences.listDifferences,
  differences.getDifference,
  differences.explainDifference,
  differences.haltCaptures,
  differences.resumeCaptures,
] as const;

export interface OperationsDeps extends GuardDeps, ActDeps, ViewDeps {
  readonly health: HealthDeps;
  readonly log: Logger;
  /** Without it there is no `/metrics`. */
  readonly metrics?: Pick<ApiMetrics, 'render'>;
}

export function createOperationsApp(deps: OperationsDeps) {
  const { credentials, limits, health, log, metrics } = deps;
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid });
  app.onError(onError);
  app.notFound((c) => answerProblem(c, new Problem('not-found')));
  // Before all else: probes come often, and a log line for each would hide the others.
  addHealth(app, health);
  if (metrics !== undefined) addMetrics(app, metrics);
  app.use(requestContext(log));
  app.use(secureHeaders());
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
  // Public, as on the other listener: it tells what this repository tells.
  addDocumentation(app, {
    path: '/v1/operations/openapi.json',
    document: operationsDocument(),
  });
  addOperationsPage(app);

  app.use(guard({ credentials, limits }, OPERATIONS_ROUTES));
  addViewRoutes(app, deps);
  addActRoutes(app, deps);
  addDifferenceRoutes(app, deps);
  return app;
}

/** `openapi-operations.json` is its committed copy. */
export function operationsDocument() {
  return describe(OPERATIONS_ROUTES, {
    title: 'makegood operations',
    description:
      'For operators, on a listener of its own. Every act is written down with who and why.' +
      `\n\n${CONVENTIONS}`,
    credential:
      'An operator’s key, `Authorization: Bearer mg_…` (`npm run keys -- create --operator <name>`); or ' +
      'a JWT of the configured issuer with `sub`, the scope `operations` and no `tenant`.',
    tags: [{ name: 'operations', description: 'Orders of all tenants, and what may be done.' }],
  });
}
