/** The OpenAPI document, made from the routes themselves. `openapi.json` is its committed copy. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { ROUTES } from './routes.ts';

export const OPENAPI_PATH = '/v1/openapi.json';

export function openApiDocument() {
  const described = new OpenAPIHono();
  for (const route of ROUTES) described.openAPIRegistry.registerPath(route);
  described.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key: `Authorization: Bearer mg_…`.',
  });
  return described.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'makegood',
      version: '1.0.0',
      description:
        'Checkout that completes, or is made good. Errors are RFC 9457 problems; amounts are ' +
        'decimal strings of minor units.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: '/' }],
  });
}
