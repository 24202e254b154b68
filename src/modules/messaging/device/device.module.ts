import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { Abilities } from '../../../platform/access/index.js';
import { MemberModule } from '../../people/member/index.js';
import { devicePersonalData } from './personal-data.store.js';
import { RetireSilentDevices } from './device.jobs.js';
import { devicePolicy } from './device.policy.js';
import { DeviceRpc } from './device.rpc.js';
import { Devices } from './device.service.js';
import { DeviceStore } from './device.store.js';

/**
 * A device is the target of a member's pushes.
 * Invariants: a device belongs to one member of an organization at a time, the one who registered it last; a
 * push token belongs to one active device of an organization, is stored sealed and is never returned; a
 * member has at most twenty active devices; a device that has not registered for 270 days is deactivated when
 * the next campaign starts.
 */
@Module({
  imports: [MemberModule],
  controllers: [DeviceRpc],
  providers: [Devices, DeviceStore, RetireSilentDevices],
  exports: [Devices],
})
export class DeviceModule implements OnModuleInit {
  constructor(
    private readonly abilities: Abilities,
    private readonly personalData: PersonalData,
  ) {}

  onModuleInit(): void {
    this.abilities.contribute(devicePolicy);
    this.personalData.contribute(devicePersonalData);
  }
}
