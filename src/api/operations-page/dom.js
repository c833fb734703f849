/**
 * Elements from plain data, and how a new picture is laid over an old one without taking away what
 * the operator holds: focus, selection, the place on the page. Whatever is shown goes in as text;
 * nothing on this page reads HTML, and the policy it is served with would not let it.
 */

/** @typedef {Node | string | number | false | null | undefined} Child */
/** @typedef {string | number | boolean | null | undefined | ((event: Event) => void)} Prop */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Readonly<Record<string, Prop>>} props a function is a handler, true an empty attribute
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') Object.assign(element, { [name]: value });
    else if (!isNothing(value)) element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (!isNothing(child)) element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * @param {unknown} value
 * @returns {value is undefined | null | false}
 */
function isNothing(value) {
  return value === undefined || value === null || value === false;
}

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`bug: there is no #${id}`);
  return element;
}

/**
 * Makes what is in `target` look like `wanted`, with as many of its nodes as are still right.
 * @param {Element} target
 * @param {readonly Node[]} wanted
 */
export function patch(target, wanted) {
  const keys = new Set(wanted.map(keyOf));
  /** @type {Map<string, Node>} */
  const keyed = new Map();
  for (const child of [...target.childNodes]) {
    const key = keyOf(child);
    if (key === undefined) continue;
    if (keys.has(key)) keyed.set(key, child);
    else child.remove();
  }
  /** @type {Node | null} */
  let place = target.firstChild;
  for (const next of wanted) {
    const key = keyOf(next);
    const kept = key === undefined ? sameKind(place, next) : keyed.get(key);
    if (kept === undefined) target.insertBefore(next, place);
    else {
      if (kept === place) place = place.nextSibling;
      else target.insertBefore(kept, place);
      patchNode(kept, next);
    }
  }
  while (place !== null) {
    const gone = place;
    place = place.nextSibling;
    target.removeChild(gone);
  }
}

/**
 * @param {Node} node
 * @returns {string | undefined}
 */
function keyOf(node) {
  return node instanceof HTMLElement ? node.dataset['key'] : undefined;
}

/**
 * @param {Node | null} place
 * @param {Node} next
 */
function sameKind(place, next) {
  if (place === null || keyOf(place) !== undefined) return undefined;
  return place.nodeName === next.nodeName ? place : undefined;
}

/**
 * @param {Node} node
 * @param {Node} wanted
 */
function patchNode(node, wanted) {
  if (node instanceof HTMLElement && wanted instanceof HTMLElement) {
    patchAttributes(node, wanted);
    node.onclick = wanted.onclick;
    patch(node, [...wanted.childNodes]);
  } else if (node.nodeValue !== wanted.nodeValue) node.nodeValue = wanted.nodeValue;
}

/**
 * @param {Element} element
 * @param {Element} wanted
 */
function patchAttributes(element, wanted) {
  for (const name of element.getAttributeNames()) {
    if (!wanted.hasAttribute(name)) element.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}
