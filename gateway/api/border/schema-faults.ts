/** What a schema finds wrong, in a sentence that names the field and what it may be. */

/** As Ajv and TypeBox both give them. */
export type SchemaFault = {
  keyword: string;
  instancePath: string;
  message?: string | undefined;
  params: object;
};

const MOST_VALUES = 24;
const MOST_CHARS = 60;

/** @param part of the request: `body`, `querystring`, … */
export function faultOf(faults: readonly SchemaFault[], part: string): string {
  const [worst] = [...faults].sort((a, b) => telling(b) - telling(a));
  if (worst === undefined) return `${part} is not as described`;
  const where = `${part}${cut(worst.instancePath)}`;
  const { additionalProperty, additionalProperties, missingProperty, requiredProperties, allowedValues } =
    worst.params as Record<string, unknown>;
  const unknown = additionalProperty ?? (additionalProperties as unknown[] | undefined)?.[0];
  if (unknown !== undefined) return `${where} has a field ${cut(String(unknown))}, which is none`;
  const missing = missingProperty ?? (requiredProperties as unknown[] | undefined)?.[0];
  if (missing !== undefined) return `${where} lacks the field ${missing}`;
  if (Array.isArray(allowedValues) && allowedValues.length <= MOST_VALUES)
    return `${where} must be one of ${allowedValues.join(', ')}`;
  return `${where} ${worst.message ?? 'is not as described'}`;
}

/**
 * Of several ways that something may be, the one that was meant is where most of it fits: its fault is the deepest. `boolean` is what
 * TypeBox says of a field beside the one that says that there is none such.
 */
const telling = ({ instancePath, keyword }: SchemaFault) =>
  2 * instancePath.split('/').length - (LESS_TELLING[keyword] ?? 0);
const LESS_TELLING: Readonly<Record<string, number>> = { type: 1, anyOf: 2, boolean: 3 };

const cut = (text: string) => (text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text);
