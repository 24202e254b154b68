import { createValidator, type Violation } from '@bufbuild/protovalidate';
import { create, type DescMessage, type Message } from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { type ArgumentMetadata, Injectable, type OnModuleInit, type PipeTransform } from '@nestjs/common';
import { services } from '../access/index.js';
import { AppError, type FieldViolation, invalidArgument } from '../errors/index.js';
import { holdsMoreThan } from './message-size.js';

/** Elements of a message up to which everything that is wrong with it is looked for. */
const FULLY_CHECKED = 1_000;

/** Holds every request against the rules in its proto before any of our code reads it. */
@Injectable()
export class ValidationPipe implements PipeTransform, OnModuleInit {
  /** Ends at the first violation: what a bad request costs does not grow with how bad it is. */
  private readonly first = createValidator({ failFast: true });
  private readonly every = createValidator();
  private readonly schemas = new Map(requestTypes().map((schema) => [schema.typeName, schema]));

  /** The rules of a message are compiled at its first check; better now than in somebody's first call. */
  onModuleInit(): void {
    for (const schema of this.schemas.values()) {
      this.first.validate(schema, create(schema));
      this.every.validate(schema, create(schema));
    }
  }

  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    // The other argument of a handler is its scope.
    if (type !== 'body') return value;
    // The transport has parsed it as the request of its method.
    const request = value as Message;
    const violations = this.violationsOf(this.schemaOf(request), request);
    if (violations.length > 0) throw invalidArgument(violations);
    return request;
  }

  private schemaOf({ $typeName }: Message): DescMessage {
    const schema = this.schemas.get($typeName);
    if (!schema) throw new Error(`${$typeName} is no request of the contract.`);
    return schema;
  }

  private violationsOf(schema: DescMessage, request: Message): FieldViolation[] {
    const found = this.first.validate(schema, request);
    if (found.kind === 'valid') return [];
    const result =
      found.kind === 'error' || holdsMoreThan(FULLY_CHECKED, schema, request)
        ? found
        : this.every.validate(schema, request);
    if (result.kind === 'error') {
      throw new AppError('internal', 'RULE_BROKEN', 'Internal error.', {}, result.error);
    }
    return (result.violations ?? []).map(toFieldViolation);
  }
}

function requestTypes(): DescMessage[] {
  return services.flatMap(({ methods }) => methods).map(({ input }) => input);
}

function toFieldViolation(violation: Violation): FieldViolation {
  return { field: pathToString(violation.field), description: violation.message };
}
