import { Type } from '@fastify/type-provider-typebox';

export const Touched = Type.Array(
  Type.Object({
    ...{ id: Type.String(), version: Type.Integer(), title: Type.String() },
    ...{ node: Type.String(), period: Type.String() },
  }),
  { description: 'Published figures that it is about: they stay as they are' },
);
