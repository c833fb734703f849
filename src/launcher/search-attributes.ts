/**
 * Tells a Temporal namespace of the search attributes. By a call also for the dev server: its own
 * option holds for a new state only, and is silently ignored for one that is kept.
 */
import type { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.ts';
import { Complaint } from './complaint.ts';

/** Adds what is missing; throws a complaint when that is not allowed, or a name has another type. */
export async function registerSearchAttributes(
  { operatorService }: Pick<Connection, 'operatorService'>,
  namespace: string,
): Promise<void> {
  const known = async () => {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    return customAttributes;
  };
  try {
    const before = await known();
    const missing = wanted.filter(({ name }) => before[name] === undefined);
    if (missing.length > 0) {
      const added = missing.map(({ name, type }) => [name, CODES[type]] as const);
      const searchAttributes = Object.fromEntries(added);
      await operatorService.addSearchAttributes({ namespace, searchAttributes });
    }
  } catch (error) {
    throw new Complaint(
      `Temporal does not let us register search attributes in namespace ${namespace}` +
        ` (${reasonOf(error)}): have somebody who may register ${list(wanted)}`,
    );
  }
  // Adding one that is there with another type does nothing, and says nothing.
  const now = await known();
  const other = wanted.filter(({ name, type }) => Number(now[name]) !== CODES[type]);
  if (other.length > 0) {
    throw new Complaint(
      `namespace ${namespace} has search attributes of other types than makegood needs` +
        ` (${list(other)}): give makegood a namespace of its own by TEMPORAL_NAMESPACE`,
    );
  }
}

const wanted = Object.values(SEARCH_ATTRIBUTES);

// Temporal's numbers for the types (temporal.api.enums.v1.IndexedValueType).
const CODES = { KEYWORD: 2, INT: 3, BOOL: 5 } as const;

function list(attributes: typeof wanted): string {
  return attributes.map(({ name, type }) => `${name}=${type.toLowerCase()}`).join(', ');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
