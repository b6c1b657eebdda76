/** Values for a JSON schema: good ones, and ones that are wrong in every way that a schema can be broken. */
import fc, { type Arbitrary } from 'fast-check';

export type JsonSchema = {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  default?: unknown;
};

const HOSTILE_TEXTS = [
  '',
  ' ',
  '\u0000',
  '\ufffd\u202e',
  '😀'.repeat(50),
  "' OR 1=1 --",
  '"; DROP TABLE votes; --',
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '<script>alert(1)</script>',
  '=HYPERLINK("http://x")',
  '{{7*7}}#{7*7}',
  'a\r\nSet-Cookie: x=1',
  '__proto__',
  'constructor',
  'null',
  'undefined',
  'NaN',
  '1e309',
  '-0',
  '0x10',
  '9'.repeat(400),
  'x'.repeat(5_000),
  '满'.repeat(2_000),
];
const HOSTILE_NUMBERS = [0, -1, 1.5, 1e308, -1e308, 2 ** 31, 2 ** 53, -(2 ** 53), 253_402_300_800_000];

const typesOf = ({ type, properties, items }: JsonSchema): string[] =>
  type === undefined ? (properties ? ['object'] : items ? ['array'] : []) : [type].flat();

export function validFor(schema: JsonSchema): Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(validFor));
  if (schema.allOf) return validFor(Object.assign({}, ...schema.allOf));
  const [type = 'null'] = typesOf(schema);
  if (type === 'string') return validText(schema);
  if (type === 'integer' || type === 'number') {
    const { minimum = -1e6, maximum = 1e6 } = schema;
    const inside = fc.integer({ min: Math.ceil(minimum), max: Math.floor(maximum) });
    return fc.oneof(inside, fc.constantFrom(Math.ceil(minimum), Math.floor(maximum)));
  }
  if (type === 'boolean') return fc.boolean();
  if (type === 'array')
    return fc.array(validFor(schema.items ?? {}), {
      minLength: schema.minItems ?? 0,
      maxLength: Math.min(schema.maxItems ?? 4, 4 + (schema.minItems ?? 0)),
    });
  if (type === 'object') return objectOf(schema, validFor);
  return fc.constant(null);
}

function validText({ pattern, minLength = 0, maxLength = 40 }: JsonSchema): Arbitrary<string> {
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength;
  return pattern === undefined
    ? fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 60) })
    : fc.stringMatching(new RegExp(pattern)).filter(fits);
}

function objectOf(
  { properties = {}, required = [] }: JsonSchema,
  of: (schema: JsonSchema) => Arbitrary<unknown>,
): Arbitrary<unknown> {
  const model = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, of(schema)]));
  return fc.record(model, { requiredKeys: required.filter((name) => name in model) });
}

/** Of the wrong type, just past a bound, far too large, or meant to be taken for something else. */
export function hostileFor(schema: JsonSchema): Arbitrary<unknown> {
  const { minimum, maximum, maxLength } = schema;
  const past = [
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]),
  ];
  const anything: Arbitrary<unknown>[] = [
    fc.constantFrom<unknown>(...HOSTILE_TEXTS, ...HOSTILE_NUMBERS, ...past),
    fc.constantFrom<unknown>(null, true, [], {}, [[]], { length: 1e9 }, Array(200).fill(0)),
    fc.string({ unit: 'binary', maxLength: 80 }),
  ];
  if (!typesOf(schema).includes('object')) return fc.oneof(...anything);
  const someWrong = objectOf(schema, (inner) => fc.oneof(validFor(inner), hostileFor(inner)));
  const withStranger = fc
    .tuple(objectOf(schema, validFor), fc.constantFrom('__proto__', 'constructor', 'id', 'role', 'x'))
    .map(([value, name]) => Object.assign(Object.create(null), value, { [name]: 1 }));
  return fc.oneof({ weight: 3, arbitrary: someWrong }, withStranger, ...anything);
}
