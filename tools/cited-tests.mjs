/**
 * Which tests a citation stands at: the row of a table whose `rfc` it is, or the `it(…)` whose title it is in, or that it is in or above.
 *
 * ```
 * { name: 'offers no suite', rfc: 'RFC … “…”', … }      the row; also by way of a constant, `rfc: LENGTHS`, or of one that is spread, `...lengths`
 * ['no suite', 'RFC … “…”', …], late('no suite', 'RFC … “…”', …)      a row that something else makes an object of
 * it('refuses an empty list (RFC …)', …)                the test
 * // RFC …: "…"                                         what begins behind the comment, or what it is in
 * ```
 */

/** @typedef {{ readonly titles: readonly string[], readonly names: string | undefined }} CitedTest `names`: text that names what is expected */
/** @typedef {{ readonly type: string, readonly start: number, readonly end: number, readonly [key: string]: unknown }} Node */

const BLOCKS = ['Program', 'BlockStatement', 'FunctionBody'];
const TEST_FUNCTION = /^(it|test|describe)(\.\w+)*([(<]|$)/;

/**
 * @param {string} source
 * @param {unknown} ast
 * @returns {(start: number, end: number, isComment: boolean) => CitedTest | undefined}
 */
export function testFinder(source, ast) {
  const nodes = [...nodesOf(ast)];
  const calls = nodes.filter((node) => isTestCall(node, source));
  const rows = nodes.filter((node) => node.type === 'ObjectExpression' && property(node, 'name') !== undefined);
  const tuples = nodes.filter((node) => node.type === 'ArrayExpression' && isText(listOf(node)[0]));
  return (start, end, isComment) => {
    if (isComment) {
      const found = begins([...rows, ...calls, ...tuples], source, end) ?? innermost([...rows, ...calls], start);
      return found && testOf(found, source);
    }
    const call = innermost(calls, start);
    if (call !== undefined) return testOf(call, source);
    const maker = nodes.find((node) => isText(listOf(node)[0]) && listOf(node).some((entry) => entry.start === start));
    if (maker !== undefined) return testOf(maker, source);
    const titles = rowsThrough(nodes, start, source).map((row) => titleOf(row, source));
    return titles.length === 0 ? undefined : { titles: [...new Set(titles)], names: undefined };
  };
}

/**
 * @param {Node} node
 * @param {string} source
 * @returns {CitedTest}
 */
function testOf(node, source) {
  // What a row expects, the frame of its table compares with what it quotes.
  const names = isTestCall(node, source) ? source.slice(node.start, node.end).replace(/\/\/[^\n]*/g, '') : undefined;
  return { titles: [titleOf(node, source)], names };
}

/**
 * The rows that a string at `start` is the `rfc` of: itself, or by way of constants of this file.
 *
 * @param {readonly Node[]} nodes
 * @param {number} start
 * @param {string} source
 * @returns {Node[]}
 */
function rowsThrough(nodes, start, source) {
  const object = innermost(
    nodes.filter((node) => node.type === 'ObjectExpression'),
    start,
  );
  if (object !== undefined && property(object, 'name') !== undefined) return [object];
  const constant = innermost(
    nodes.filter((node) => node.type === 'VariableDeclarator'),
    start,
  );
  const { name } = /** @type {{ name?: string }} */ (constant?.['id'] ?? {});
  if (constant === undefined || name === undefined) return [];
  const scope = innermost(
    nodes.filter(({ type }) => BLOCKS.includes(type)),
    constant.start,
  );
  const isInScope = (/** @type {Node} */ { start: at, end }) =>
    at >= constant.end && scope !== undefined && at >= scope.start && end <= scope.end;
  return nodes
    .filter((node) => node.type === 'ObjectExpression' && isInScope(node) && usesConstant(node, name, source))
    .flatMap((node) => (property(node, 'name') === undefined ? rowsThrough(nodes, node.start, source) : [node]));
}

/**
 * Whether a row has its rule from a constant, `rfc: RULES[name]`, or all that it has in common with others, `...common`.
 *
 * @param {Node} object
 * @param {string} name
 * @param {string} source
 */
function usesConstant(object, name, source) {
  const spread = propertiesOf(object).filter(({ type }) => type === 'SpreadElement');
  const parts = [...spread.map(({ argument }) => /** @type {Node} */ (argument)), ...[property(object, 'rfc') ?? []].flat()];
  return parts.some(({ start, end }) =>
    source
      .slice(start, end)
      .split(/[^\w$]/)
      .includes(name),
  );
}

/**
 * @param {Node} node
 * @param {string} source
 */
function titleOf(node, source) {
  if (node.type !== 'ObjectExpression') return textOf(listOf(node)[0], source);
  const name = textOf(property(node, 'name'), source);
  const victim = property(node, 'victim')?.['value'];
  return victim === 'server' ? `a client that ${name}` : victim === 'client' ? `a server that ${name}` : `a peer that ${name}`;
}

/**
 * @param {Node | undefined} node
 * @param {string} source
 */
function textOf(node, source) {
  if (node === undefined) return '';
  if (node.type === 'Literal') return String(node['value']);
  return source
    .slice(node.start, node.end)
    .replace(/^`|`$/g, '')
    .replace(/\$\{[^}]*\}/g, '…');
}

/**
 * @param {Node} node
 * @param {string} source
 */
function isTestCall(node, source) {
  if (node.type !== 'CallExpression') return false;
  const callee = /** @type {Node} */ (node['callee']);
  return TEST_FUNCTION.test(source.slice(callee.start, callee.end));
}

/**
 * @param {readonly Node[]} nodes
 * @param {string} source
 * @param {number} at
 */
function begins(nodes, source, at) {
  return nodes.find(({ start }) => start >= at && /^[\s([]*(\.\.\.)?[\s([]*$/.test(source.slice(at, start)));
}

/**
 * @param {readonly Node[]} nodes
 * @param {number} at
 */
function innermost(nodes, at) {
  return nodes.filter(({ start, end }) => start <= at && at < end).sort((a, b) => a.end - a.start - (b.end - b.start))[0];
}

/**
 * What a call or an array lists.
 *
 * @param {Node} node
 */
function listOf(node) {
  const { type, ['arguments']: given, elements } = node;
  return /** @type {Node[]} */ ((type === 'CallExpression' ? given : type === 'ArrayExpression' ? elements : undefined) ?? []);
}

/** @param {Node | undefined} node */
function isText(node) {
  return node?.type === 'TemplateLiteral' || (node?.type === 'Literal' && typeof node['value'] === 'string');
}

/** @param {Node} object */
function propertiesOf(object) {
  return /** @type {Node[]} */ (object['properties']);
}

/**
 * @param {Node} object
 * @param {string} name
 */
function property(object, name) {
  const found = propertiesOf(object).find((entry) => /** @type {{ name?: string } | undefined} */ (entry['key'])?.name === name);
  return /** @type {Node | undefined} */ (found?.['value']);
}

/**
 * @param {unknown} node
 * @returns {Generator<Node>}
 */
function* nodesOf(node) {
  if (typeof node !== 'object' || node === null) return;
  if (typeof (/** @type {{ type?: unknown }} */ (node).type) === 'string') yield/** @type {Node} */ (node);
  for (const child of Object.values(node)) yield* nodesOf(child);
}
