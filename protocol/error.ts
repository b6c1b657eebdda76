import { type Static, Type } from 'typebox';

/** Every refusal of the HTTP API has this body. `code` is stable and for programs; `message` says what to do. */
export const ApiError = Type.Object({
  error: Type.Object({
    code: Type.String({ pattern: '^[a-z0-9-]+$' }),
    message: Type.String(),
  }),
});
export type ApiError = Static<typeof ApiError>;
