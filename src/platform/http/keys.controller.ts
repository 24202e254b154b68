import { Controller, Get, Header } from '@nestjs/common';
import type { JWK } from 'jose';
import { SigningKeys } from '../caller/signing-keys.js';
import { jsonDoor, UseDoor } from './door/index.js';

/** The public keys of access tokens (RFC 7517), for services that verify them. */
@UseDoor(jsonDoor)
@Controller('.well-known')
export class KeysController {
  constructor(private readonly keys: SigningKeys) {}

  @Get('jwks.json')
  @Header('cache-control', 'public, max-age=300')
  async keySet(): Promise<{ keys: JWK[] }> {
    return { keys: await this.keys.published() };
  }
}
