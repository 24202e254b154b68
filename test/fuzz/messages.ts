import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  getOption,
  ScalarType,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import {
  field as fieldRules,
  type FieldRules,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import type { Ids } from './ids.js';
import type { Random } from './random.js';
import type { Vocabulary } from './vocabulary.js';

const MAX_DEPTH = 5;

/** How a message is made: by the rules of the contract, or against them here and there. */
export interface Temper {
  /** How likely a leaf breaks its rules. */
  readonly malice: number;
  /** How likely an optional field is there. */
  readonly fullness: number;
}

/** Fills messages from their descriptors and the rules in them; a new field is fuzzed by existing. */
export class Messages {
  private readonly vocabulary: Vocabulary;
  private readonly ids: Ids;

  constructor(vocabulary: Vocabulary, ids: Ids) {
    this.vocabulary = vocabulary;
    this.ids = ids;
  }

  /** On top of `base`, a request that is known to be valid. */
  fill(schema: DescMessage, random: Random, temper: Temper, base: object): Message {
    const message = create(schema, base as Record<string, unknown>);
    this.into(schema, message, random, temper, 0);
    return message;
  }

  private into(schema: DescMessage, message: Message, random: Random, temper: Temper, depth: number): void {
    if (schema.typeName === 'google.protobuf.Timestamp') {
      Object.assign(message, {
        seconds: this.vocabulary.seconds(random),
        nanos: random.pick([0, 0, 1, 999_999_999, -1]),
      });
      return;
    }
    const target = reflect(schema, message);
    for (const field of schema.fields) {
      const present = target.isSet(field);
      if (field.oneof && !present && target.oneofCase(field.oneof)) continue;
      if (present ? !random.chance(temper.malice) : !random.chance(temper.fullness)) continue;
      const value = this.value(field, random, temper, depth);
      if (value === undefined) continue;
      // Set as a client would: past the checks of reflection, which would refuse what is to be tried.
      if (field.oneof) Object.assign(message, { [field.oneof.localName]: { case: field.localName, value } });
      else Object.assign(message, { [field.localName]: value });
    }
  }

  private value(field: DescField, random: Random, temper: Temper, depth: number): unknown {
    const rules = getOption(field, fieldRules);
    const nested = (schema: DescMessage): Message | undefined => {
      if (depth >= MAX_DEPTH) return undefined;
      const message = create(schema);
      this.into(schema, message, random, temper, depth + 1);
      return message;
    };
    switch (field.fieldKind) {
      case 'message':
        return nested(field.message);
      case 'enum':
        return enumValue(
          field.enum.values.map(({ number }) => number),
          random,
          temper,
        );
      case 'scalar':
        return this.scalar(field, field.scalar, rules, random, temper);
      case 'list': {
        const items = rules.type.case === 'repeated' ? rules.type.value.items : undefined;
        return Array.from({ length: this.count(rules, random, temper) }, () => {
          if (field.listKind === 'message') return nested(field.message);
          if (field.listKind === 'enum')
            return enumValue(
              field.enum.values.map(({ number }) => number),
              random,
              temper,
            );
          return this.scalar(field, field.scalar, items, random, temper);
        }).filter((item) => item !== undefined);
      }
      case 'map':
        return this.map(field, random, temper);
    }
  }

  private count(rules: FieldRules, random: Random, temper: Temper): number {
    if (random.chance(temper.malice)) return random.pick([0, 1, 3, 150]);
    if (rules.type.case !== 'repeated') return random.int(0, 3);
    const { minItems, maxItems } = rules.type.value;
    return Math.min(Number(minItems) + random.int(0, 2), Number(maxItems) || 3);
  }

  private map(field: DescField & { fieldKind: 'map' }, random: Random, temper: Temper): object | undefined {
    if (field.mapKind !== 'scalar') return undefined;
    const entries = Array.from({ length: random.int(0, 3) }, () => [
      this.scalar(field, field.mapKey, undefined, random, temper),
      field.mapKind === 'scalar' ? this.scalar(field, field.scalar, undefined, random, temper) : undefined,
    ]);
    return Object.fromEntries(entries) as object;
  }

  private scalar(
    field: DescField,
    type: ScalarType,
    rules: FieldRules | undefined,
    random: Random,
    temper: Temper,
  ): unknown {
    const { vocabulary } = this;
    const odd = random.chance(temper.malice);
    switch (type) {
      case ScalarType.STRING:
        return this.text(field, rules, random, odd);
      case ScalarType.BOOL:
        return random.chance(0.5);
      case ScalarType.BYTES:
        return random.bytes(random.pick([0, 1, 16, odd ? 5_000 : 64]));
      case ScalarType.FLOAT:
      case ScalarType.DOUBLE:
        return odd ? vocabulary.float(random) : random.next();
      case ScalarType.INT64:
      case ScalarType.SINT64:
      case ScalarType.SFIXED64:
        return odd ? vocabulary.long(random) : BigInt(random.int(0, 100));
      case ScalarType.UINT64:
      case ScalarType.FIXED64:
        return odd ? 2n ** 64n - 1n : BigInt(random.int(0, 100));
      case ScalarType.UINT32:
      case ScalarType.FIXED32:
        return odd ? 2 ** 32 - 1 : random.int(0, 100);
      default:
        return odd ? vocabulary.integer(random) : random.int(0, 100);
    }
  }

  private text(field: DescField, rules: FieldRules | undefined, random: Random, odd: boolean): string {
    if (odd) return this.vocabulary.text(random);
    if (/(^|_)ids?$/.test(field.name) || field.name === 'audience_snapshot_ref')
      return this.ids.any(field.name, random);
    const string = rules?.type.case === 'string' ? rules.type.value : undefined;
    if (string?.wellKnown.case === 'uuid') return this.ids.any(field.name, random);
    if (string && string.in.length > 0) return random.pick(string.in);
    if (string?.wellKnown.case === 'email' || /email/.test(field.name))
      return `f${random.int(0, 1e6)}@fuzz.example`;
    return this.vocabulary.plain(random, Number(string?.minLen ?? 0), Number(string?.maxLen ?? 0) || 30);
  }
}

function enumValue(numbers: number[], random: Random, temper: Temper): number {
  return random.chance(temper.malice) ? random.pick([0, -1, 999, 2_147_483_647]) : random.pick(numbers);
}
