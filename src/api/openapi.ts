/** The OpenAPI document, made from the routes themselves. `openapi.json` is its committed copy. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { RouteConfig } from '@hono/zod-openapi';
import { hearStripe } from './gateway-webhooks.ts';
import { HEADERS, PARAMETERS } from './route-parts.ts';
import { ROUTES } from './routes.ts';
import { problem } from './schemas.ts';

export const OPENAPI_PATH = '/v1/openapi.json';

export function openApiDocument() {
  return describe([...ROUTES, hearStripe], {
    title: 'makegood',
    description: DESCRIPTION,
    credential:
      'An API key, `Authorization: Bearer mg_…`; or, where the operator has set an issuer, a JWT of ' +
      'that issuer with the claims `tenant` and `scope`.',
    tags: [
      { name: 'orders', description: 'Placed, read and cancelled.' },
      { name: 'refunds', description: 'Money that an ended order gives back.' },
      { name: 'products', description: 'What can be ordered, and for how much.' },
      { name: 'webhooks', description: 'Where events are sent, and what came of it.' },
      {
        name: 'gateway webhooks',
        description: 'What the payment gateway tells of its own accord.',
      },
    ],
  });
}

interface Described {
  readonly title: string;
  readonly description: string;
  readonly credential: string;
  readonly tags: { name: string; description: string }[];
}

export function describe(
  routes: readonly RouteConfig[],
  { title, description, credential, tags }: Described,
) {
  const described = new OpenAPIHono();
  const registry = described.openAPIRegistry;
  for (const route of routes) registry.registerPath(promised(route));
  registry.register('Problem', problem);
  // What no route here speaks of is left out.
  const spoken = JSON.stringify(routes.map(({ parameters, responses }) => [parameters, responses]));
  for (const [name, header] of Object.entries(HEADERS)) {
    if (!spoken.includes(`"#/components/headers/${name}"`)) continue;
    registry.registerComponent('headers', name, header);
  }
  for (const [name, parameter] of Object.entries(PARAMETERS)) {
    if (!spoken.includes(`"#/components/parameters/${name}"`)) continue;
    registry.registerComponent('parameters', name, parameter);
  }
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: credential,
  });
  return described.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title,
      version: '1.0.0',
      description,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: '/' }],
    tags,
  });
}

/** Without the middlewares, which would leave their traces in the document. */
function promised({
  middleware: _,
  ...route
}: RouteConfig & { readonly middleware?: unknown }): RouteConfig {
  return route;
}

/** What holds of both documents. */
export const CONVENTIONS = [
  'Errors are RFC 9457 problems. The `type` of each is the address of a page that says what ' +
    'happened and what to do. Beside those of the operations: an unknown path is answered 404 ' +
    '`/problems/not-found`, an unknown method 405 `/problems/method-not-allowed` with `Allow`.',
  'Beside the headers described, every answer has those that tell browsers to be strict: ' +
    '`Strict-Transport-Security`, `X-Content-Type-Options` and their like.',
].join('\n\n');

const DESCRIPTION = `Checkout that completes, or is made good. Amounts are decimal strings of minor units.

${CONVENTIONS}`;
