/**
 * For each function that looks up what a request names: whose it is forgotten, on both sides of the
 * wall. One wall alone stands by itself, as test/api/tenant-wall.test.ts shows.
 */
import type { Mutant } from './mutant.ts';

/** As the owner, for whom no policy holds. */
const unwalled = (signature: string) => `ALTER FUNCTION ${signature} SECURITY DEFINER;`;

const AS_OWNER = `PERFORM set_config('role', session_user::text, true);`;

const tenants = (mutant: Omit<Mutant, 'caughtBy'>): Mutant => ({
  ...mutant,
  caughtBy: { mocha: 'test/api/two-tenants.test.ts' },
});

const CLAIMS = 'migrations/0011_archive_and_erasure.sql';
const LISTS = 'migrations/0009_events_and_lists.sql';

export const TENANTS: readonly Mutant[] = [
  tenants({
    name: 'a refund is shown to whoever knows its order',
    file: 'migrations/0005_refunds.sql',
    find: `AND o.id = p_order AND o.tenant_id = p_tenant AND r.request_id IS NOT NULL
$$;`,
    replace: `AND o.id = p_order AND r.request_id IS NOT NULL
$$;
${unwalled('find_refund')}`,
  }),
  tenants({
    name: 'a refund is shown under any order',
    file: 'migrations/0005_refunds.sql',
    find: `  FROM refund r JOIN "order" o ON o.id = r.order_id
  WHERE r.id = p_id AND o.id = p_order AND o.tenant_id = p_tenant AND r.request_id IS NOT NULL
$$;`,
    replace: `  FROM refund r JOIN "order" o ON o.id = r.order_id
  WHERE r.id = p_id AND r.request_id IS NOT NULL
    AND EXISTS (SELECT FROM "order" WHERE id = p_order AND tenant_id = p_tenant)
$$;
${unwalled('find_refund')}`,
  }),
  tenants({
    name: 'the events of an order are listed for whoever knows it',
    file: LISTS,
    find: `    ) page)
  FROM "order" o WHERE o.id = p_order AND o.tenant_id = p_tenant
$$;`,
    replace: `    ) page)
  FROM "order" o WHERE o.id = p_order
$$;
${unwalled('list_events')}`,
  }),
  tenants({
    name: 'a stream is opened for whoever knows the order',
    file: LISTS,
    find: `  WHERE o.id = p_order AND o.tenant_id = p_tenant
$$;`,
    replace: `  WHERE o.id = p_order
$$;
${unwalled('open_events')}`,
  }),
  tenants({
    name: 'a stream goes on after any event',
    file: LISTS,
    find: `ON e.id = p_last_event AND e.order_id = o.id
  WHERE o.id = p_order AND o.tenant_id = p_tenant
$$;`,
    replace: `ON e.id = p_last_event
  WHERE o.id = p_order AND o.tenant_id = p_tenant
$$;
${unwalled('open_events')}`,
  }),
  tenants({
    name: 'an order is cancelled by whoever knows it',
    file: CLAIMS,
    find: `  SELECT * INTO o FROM "order" WHERE id = p_id AND tenant_id = p_tenant FOR UPDATE;
  answer := answer_claim`,
    replace: `  ${AS_OWNER}
  SELECT * INTO o FROM "order" WHERE id = p_id FOR UPDATE;
  answer := answer_claim`,
  }),
  tenants({
    name: 'an order is refunded by whoever knows it',
    file: CLAIMS,
    find: `  SELECT * INTO o FROM "order" WHERE id = p_order AND tenant_id = p_tenant FOR UPDATE;`,
    replace: `  ${AS_OWNER}
  SELECT * INTO o FROM "order" WHERE id = p_order FOR UPDATE;`,
  }),
  tenants({
    name: 'all tenants share their keys, in what is looked up',
    file: CLAIMS,
    find: `  FROM idempotency_claim c JOIN "order" o ON o.id = c.order_id
  WHERE c.tenant_id = p_tenant AND c.route = p_route AND c.key_hash = p_key_hash
$$;`,
    replace: `  FROM idempotency_claim c JOIN "order" o ON o.id = c.order_id
  WHERE c.route = p_route AND c.key_hash = p_key_hash
$$;
${unwalled('answer_claim')}`,
  }),
];
