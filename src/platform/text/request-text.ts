import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import type { FieldViolation } from '../errors/index.js';
import { emailAddress, readEmailAddress } from './email-address.js';
import { readName } from './name.js';
import type { Reading } from './reading.js';
import { requestTexts, type TextKind } from './request-fields.js';

/** The longest text that rules of the proto let pass is far shorter; what is longer is left to them. */
const LONGEST_READ = 4000;

const readers: Readonly<Record<Exclude<TextKind, 'verbatim'>, (given: string) => Reading>> = {
  name: readName,
  email: readEmailAddress,
  // An invalid hint is refused by the call itself.
  hint: (given) => ({ text: emailAddress(given) ?? given }),
  // As people write and copy them: 123 456, 123-456.
  digits: (given) => ({ text: given.replaceAll(/[\s-]/g, '') }),
};

/** Where texts to read are in a message of one type; nothing for most types, which then cost nothing. */
interface Plan {
  texts: readonly { field: DescField; read: (given: string) => Reading }[];
  below: readonly { field: DescField; plan: Plan }[];
}

/** Puts the texts of requests in the form in which they are kept. */
export class RequestText {
  private readonly plans = new Map<DescMessage, Plan>();

  /** Changes the message; returns what is refused. */
  read(schema: DescMessage, message: Message): FieldViolation[] {
    const violations: FieldViolation[] = [];
    visit(this.planOf(schema), message, '', violations);
    return violations;
  }

  private planOf(schema: DescMessage): Plan {
    const known = this.plans.get(schema);
    if (known) return known;
    const plan: { -readonly [key in keyof Plan]: Plan[key] } = { texts: [], below: [] };
    // Set before its fields are visited: a message may contain others of its own type.
    this.plans.set(schema, plan);
    plan.texts = schema.fields.flatMap((field) => {
      const kind = requestTexts.get(`${schema.typeName}.${field.name}`) ?? 'verbatim';
      return kind === 'verbatim' ? [] : [{ field, read: readers[kind] }];
    });
    plan.below = schema.fields.flatMap((field) => {
      if (!field.message || field.fieldKind === 'map') return [];
      const inner = this.planOf(field.message);
      return inner.texts.length + inner.below.length > 0 ? [{ field, plan: inner }] : [];
    });
    return plan;
  }
}

function visit(plan: Plan, message: Message, prefix: string, violations: FieldViolation[]): void {
  for (const { field, read } of plan.texts) {
    const slot = slotOf(message, field);
    const given = slot?.holder[slot.key];
    // Whether something has to be said at all is for the rules of the proto.
    if (typeof given !== 'string' || given === '' || given.length > LONGEST_READ) continue;
    const { text, problem } = read(given);
    if (problem !== undefined) violations.push({ field: `${prefix}${field.name}`, description: problem });
    else if (slot && text !== given) slot.holder[slot.key] = text;
  }
  for (const { field, plan: inner } of plan.below) {
    const slot = slotOf(message, field);
    const value = slot?.holder[slot.key];
    if (Array.isArray(value)) {
      (value as Message[]).forEach((one, index) =>
        visit(inner, one, `${prefix}${field.name}[${index}].`, violations),
      );
    } else if (value) visit(inner, value as Message, `${prefix}${field.name}.`, violations);
  }
}

/** Where generated code keeps the value of a field; undefined when another field of its oneof is set. */
function slotOf(
  message: Message,
  { oneof, localName }: DescField,
): { holder: Record<string, unknown>; key: string } | undefined {
  // Messages are objects with a member for each field, or for each oneof: the descriptor says which.
  const members = message as unknown as Record<string, unknown>;
  if (!oneof) return { holder: members, key: localName };
  const choice = members[oneof.localName] as { case?: string } & Record<string, unknown>;
  return choice.case === localName ? { holder: choice, key: 'value' } : undefined;
}
