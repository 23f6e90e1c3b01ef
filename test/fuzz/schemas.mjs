// The overloads of operators, read from their schemas.

const schemas = new Map();

/**
 * The overloads of an operator that take no names of dimensions, storages or streams. Each argument has its `name` and `type`,
 * and says whether it goes by name (`keyword`) and may be left out (`optional`). An overload with `out` is called without its
 * name.
 */
export function readSchemas(aten, name) {
  let overloads = schemas.get(name);
  if (overloads === undefined) {
    // The two queries return different overloads: without `out` only the plain ones.
    const plain = aten[name].schema.split('\n');
    const writing = ['out', 'Tensor_out', 'dim_IntList_out', 'dim_max'].flatMap((overload) => {
      try {
        return aten[name][overload].schema.split('\n');
      } catch {
        return [];
      }
    });
    overloads = [...plain, ...writing]
      .map(parse)
      .filter(({ args }) => args.every(({ type }) => !/Dimname|Storage|Stream/.test(type)));
    schemas.set(name, overloads);
  }
  return overloads;
}

/** Reads `aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor`. */
function parse(schema) {
  const [, name, overload = '', list] = /^aten::(\w+)(?:\.(\w+))?\((.*)\) -> /.exec(schema);
  let keyword = false;
  const args = [];
  for (const text of list.split(/, (?![^[(]*[\])])/)) {
    if (text === '') continue;
    if (text === '*') {
      keyword = true;
      continue;
    }
    const [, type, argument, value] = /^(.*) (\w+)(=.*)?$/.exec(text);
    args.push({ type: type.replace(/\([^)]*\)/, ''), name: argument, keyword, optional: value !== undefined });
  }
  const isOut = args.some((each) => each.name === 'out');
  return { name, overload: isOut || overload === '' ? '' : overload, args, isOut };
}

/**
 * The arguments of a call: by position as far as they go, the rest by name. `valueOf(argument)` gives each, or `undefined` for
 * one to leave out; `leaveOut()` decides for optional ones. `out` is left to the caller.
 */
export function drawArguments({ args }, valueOf, leaveOut) {
  const positional = [];
  const named = {};
  let open = true;
  for (const each of args) {
    if (each.name === 'out') continue;
    const value = each.optional && leaveOut() ? undefined : valueOf(each);
    if (value === undefined) open = false;
    else if (open && !each.keyword) positional.push(value);
    else named[each.name] = value;
  }
  return { positional, named };
}
