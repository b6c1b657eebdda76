import { splitName } from './names.ts';

/** A name whose first part may end early, never its number (page.css). */
export function CutName({ name }: { name: string }) {
  const { head, tail } = splitName(name);
  return (
    <>
      <span class="name-head">{head}</span>
      <span>{tail}</span>
    </>
  );
}
