/** Settings of privacy at the counter, as the API has them; what is left out is inherited from above. */
import { type Static, Type } from 'typebox';

export const SomePrivacy = Type.Object(
  {
    /** Off: whoever is bound to a unit sees votes as they come. */
    isOn: Type.Optional(Type.Boolean()),
    /** Minutes; a divisor of a day from 5 on. */
    stepMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_440 })),
    leastVotes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  },
  { additionalProperties: false },
);
export type SomePrivacy = Static<typeof SomePrivacy>;
