import { AbilityBuilder, createMongoAbility, type ForcedSubject, type MongoAbility } from '@casl/ability';
import { Injectable } from '@nestjs/common';
import { type Caller, permissionsOf } from '../caller/caller.js';
import { permissionName } from '../permission/permissions.js';

export type Ability = MongoAbility<[string, string | ForcedSubject<string>]>;

/** What a caller may do with the rows of one module, as CASL rules; decided on the loaded row. */
export type Policy = (caller: Caller, builder: AbilityBuilder<Ability>) => void;

/** Holding a permission is the ability to `use` it. */
const permissionPolicy: Policy = (caller, { can }) => {
  for (const permission of permissionsOf(caller)) can('use', permissionName(permission));
};

/** The ability of each caller, from the permissions they hold and the policies that modules contribute. */
@Injectable()
export class Abilities {
  private readonly policies: Policy[] = [permissionPolicy];
  /** Callers are cached objects, so an ability is built once per membership, not once per call. */
  private readonly cache = new WeakMap<Caller, Ability>();

  /** Called by a module when it starts. */
  contribute(policy: Policy): void {
    this.policies.push(policy);
  }

  of(caller: Caller): Ability {
    const known = this.cache.get(caller);
    if (known) return known;
    const builder = new AbilityBuilder<Ability>(createMongoAbility);
    for (const policy of this.policies) policy(caller, builder);
    const ability = builder.build();
    this.cache.set(caller, ability);
    return ability;
  }
}
