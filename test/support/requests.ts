/** Requests to every route, good ones unless a test changes them. */
import { getOf, postOf, validBody } from '../api/harness.ts';
import type { Harness, Tenant } from '../api/harness.ts';
import type { Request } from './contract.ts';

export const UNKNOWN = 'ord_01jd7m8z3fe4x8q2v5t6y7h9kb';

export const mugs = (quantity: number) => ({ lines: [{ sku: 'mug', quantity }] });

/** The harness is there once a test asks. */
export function requestsOf(api: () => Pick<Harness, 'acme'>) {
  const order = (
    change: object = {},
    options: { key?: string } = {},
    tenant: Tenant = api().acme,
  ): Request => [
    '/v1/orders',
    postOf(tenant, { ...options, body: { ...validBody(), ...mugs(2), ...change } }),
  ];
  const read = (path: string, headers = {}): Request => [path, getOf(api().acme, headers)];
  const cancel = (
    id: string,
    options: { key?: string | undefined; body?: string } = {},
  ): Request => {
    const init = postOf(api().acme, options);
    return [`/v1/orders/${id}/cancel`, { ...init, body: options.body ?? null }];
  };
  const refund = (id: string, body: unknown = {}, options: { key?: string } = {}): Request => [
    `/v1/orders/${id}/refunds`,
    postOf(api().acme, { ...options, body }),
  ];
  const ship = (id: string, body: unknown = {}, options: { key?: string } = {}): Request => [
    `/v1/orders/${id}/shipments`,
    postOf(api().acme, { ...options, body }),
  ];
  const all = (id = UNKNOWN): readonly Request[] => [
    order(),
    cancel(id),
    refund(id),
    ship(id),
    [`/v1/orders/${id}/payment/return`, { ...postOf(api().acme, {}), body: null }],
    read('/v1/orders'),
    read(`/v1/orders/${id}`),
    read(`/v1/orders/${id}/events`),
    read(`/v1/orders/${id}/refunds/${id.replace('ord', 'rfd')}`),
    read('/v1/products'),
    read('/v1/products/mug'),
  ];
  return { order, read, cancel, refund, ship, all };
}
