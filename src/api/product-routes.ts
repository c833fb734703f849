/** The routes of products, as data. */
import { createRoute, z } from '@hono/zod-openapi';
import { answers } from './examples.ts';
import { needs } from './guard.ts';
import { pageParameters } from './pages.ts';
import { invalid } from './problems.ts';
import { anywhere, headers, json, parameters, pathParameter, problems } from './route-parts.ts';
import * as schema from './schemas.ts';

export const listProducts = createRoute({
  ...needs('orders:read'),
  method: 'get',
  path: '/v1/products',
  operationId: 'listProducts',
  tags: ['products'],
  summary: 'List the products',
  parameters: parameters(),
  request: { query: z.object(pageParameters) },
  responses: {
    200: {
      description: 'A page, in SKU order.',
      headers: headers(),
      content: json(schema.productPage, answers.productPage),
    },
    ...problems(
      ...anywhere('orders:read'),
      invalid({ field: 'limit', detail: 'Must be a whole number.' }),
    ),
  },
});

export const getProduct = createRoute({
  ...needs('orders:read'),
  method: 'get',
  path: '/v1/products/{sku}',
  operationId: 'getProduct',
  tags: ['products'],
  summary: 'Get a product',
  parameters: parameters(),
  request: { params: z.object({ sku: pathParameter('sku', answers.product.sku) }) },
  responses: {
    200: {
      description: 'The product.',
      headers: headers(),
      content: json(schema.product, answers.product),
    },
    ...problems(...anywhere('orders:read'), 'not-found'),
  },
});
