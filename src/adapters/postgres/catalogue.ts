/** What a tenant sells, at which price, and how much of it is left. Read only. */
import type pg from 'pg';
import type { Catalogue, Product } from '../../api/ports.ts';
import { queryAs } from './tenant.ts';

export function createCatalogue(pool: pg.Pool): Catalogue {
  return {
    async list(tenantId, { limit, after }) {
      const text = `${SELECT} AND p.sku > $2 ORDER BY p.sku LIMIT $3`;
      const rows = await queryAs<Row>(pool, 'list_products', text, [tenantId, after ?? '', limit]);
      return rows.map(parse);
    },
    async find(tenantId, sku) {
      const text = `${SELECT} AND p.sku = $2`;
      const [row] = await queryAs<Row>(pool, 'find_product', text, [tenantId, sku]);
      return row && parse(row);
    },
  };
}

const SELECT = `
  SELECT p.sku, p.name, p.unit_price, p.currency, coalesce(s.available, 0) AS available
  FROM product p LEFT JOIN stock s USING (tenant_id, sku) WHERE p.tenant_id = me.id`;

interface Row {
  readonly sku: string;
  readonly name: string;
  readonly unit_price: bigint;
  readonly currency: string;
  readonly available: number;
}

function parse({ sku, name, unit_price, currency, available }: Row): Product {
  return { sku, name, price: { value: unit_price.toString(), currency }, available };
}
