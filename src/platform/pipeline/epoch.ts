import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';

/** Where times are in a message of one type; nothing for most types, which then cost nothing. */
interface Plan {
  times: readonly DescField[];
  below: readonly { field: DescField; plan: Plan }[];
}

/**
 * Leaves times unset that are the Unix epoch: generated code reads a JavaScript Date, which the samples of the documented
 * contract give it, as an empty Timestamp.
 */
export class EpochTimes {
  private readonly plans = new Map<DescMessage, Plan>();

  /** Changes the message. */
  unset(schema: DescMessage, message: Message): void {
    visit(this.planOf(schema), message);
  }

  private planOf(schema: DescMessage): Plan {
    const known = this.plans.get(schema);
    if (known) return known;
    const plan: { -readonly [key in keyof Plan]: Plan[key] } = { times: [], below: [] };
    // Set before its fields are visited: a message may contain others of the same type.
    this.plans.set(schema, plan);
    plan.times = schema.fields.filter(
      (field) =>
        field.fieldKind === 'message' && !field.oneof && field.message.typeName === TimestampSchema.typeName,
    );
    plan.below = schema.fields.flatMap((field) => {
      if (!field.message || field.fieldKind === 'map' || field.oneof) return [];
      const inner = this.planOf(field.message);
      return inner.times.length + inner.below.length > 0 ? [{ field, plan: inner }] : [];
    });
    return plan;
  }
}

function visit(plan: Plan, message: Message): void {
  // Messages are objects with a member for each field; the descriptor says which.
  const members = message as unknown as Record<string, unknown>;
  for (const { localName } of plan.times) {
    const time = members[localName] as Timestamp | undefined;
    if (time && time.seconds === 0n && time.nanos === 0) members[localName] = undefined;
  }
  for (const { field, plan: inner } of plan.below) {
    const value = members[field.localName] as Message | Message[] | undefined;
    if (Array.isArray(value)) for (const one of value) visit(inner, one);
    else if (value) visit(inner, value);
  }
}
