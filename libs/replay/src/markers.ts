import type { AttributeValue, StyleValues } from './event.js';

/** What on an element says that everything in it is masked. The numbers are stored. */
const marker = { class: 1, attribute: 2, editable: 4, role: 8 } as const;

const classes = /(?:^|\s)(?:rr-mask|dovecote-mask)(?:\s|$)/;
const textRoles = /^(?:textbox|searchbox|combobox|spinbutton)$/i;

type Value = AttributeValue | StyleValues;

const byAttribute: Record<string, { bit: number; marks: (value: Value) => boolean }> = {
  class: { bit: marker.class, marks: (value) => typeof value === 'string' && classes.test(value) },
  'data-dovecote-mask': { bit: marker.attribute, marks: (value) => value !== null && value !== 'false' },
  contenteditable: { bit: marker.editable, marks: (value) => value !== null && value !== 'false' },
  role: { bit: marker.role, marks: (value) => typeof value === 'string' && textRoles.test(value.trim()) },
};

/** The markers of an element that had `before` and whose attributes are now these. */
export function markersAfter(before: number, attributes: Readonly<Record<string, Value>>): number {
  let markers = before;
  for (const [name, value] of Object.entries(attributes)) {
    const found = Object.hasOwn(byAttribute, name.toLowerCase())
      ? byAttribute[name.toLowerCase()]
      : undefined;
    if (found) markers = found.marks(value) ? markers | found.bit : markers & ~found.bit;
  }
  return markers;
}
