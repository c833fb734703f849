/** Every view has an address of its own, behind the #, so that it can be sent to a colleague. */

export const href = {
  queue: () => '#/',
  cause: (/** @type {string} */ cause, /** @type {string | null} */ cursor = null) =>
    `#/causes/${encodeURIComponent(cause)}${cursor === null ? '' : `?cursor=${cursor}`}`,
  retry: (/** @type {string} */ id) => `#/retries/${encodeURIComponent(id)}`,
  order: (/** @type {string} */ id) => `#/orders/${encodeURIComponent(id)}`,
  differences: (/** @type {string} */ state, /** @type {string | null} */ cursor = null) =>
    `#/differences?${new URLSearchParams({ state, ...(cursor !== null && { cursor }) }).toString()}`,
  difference: (/** @type {string} */ id) => `#/differences/${encodeURIComponent(id)}`,
  search: (/** @type {string} */ q, /** @type {string | null} */ cursor = null) =>
    `#/search?${new URLSearchParams({ q, ...(cursor !== null && { cursor }) }).toString()}`,
};

/**
 * @typedef {object} Place
 * @property {string} name
 * @property {string} id
 * @property {URLSearchParams} query
 */

/**
 * @param {string} hash
 * @returns {Place}
 */
export function placeOf(hash) {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [name = '', id = ''] = path.split('/', 2);
  return { name: name || 'queue', id: decoded(id), query: new URLSearchParams(query) };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
