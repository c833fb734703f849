/**
 * The API as `hc` sees it, made from the routes' definitions alone: no handler, and no app, has to
 * be built in a way that keeps its types. Only types: nothing of src/api is in the client.
 */
import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi';
import type { PickResponseByStatusCode } from 'hono/client';
import type { ROUTES } from '../api/routes.ts';

type Handled<Routes extends readonly RouteConfig[]> = {
  readonly [Index in keyof Routes]: { route: Routes[Index]; handler: never };
};

/** A function's type, because only the name of an app can say what its method makes of routes. */
type Register = (app: OpenAPIHono) => ReturnType<typeof app.openapiRoutes<Handled<typeof ROUTES>>>;

/** Only what a request that was granted is answered: everything else is thrown. */
export type Api = PickResponseByStatusCode<ReturnType<Register>, 200 | 201 | 202 | 204>;
