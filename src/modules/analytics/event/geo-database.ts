import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { open, type Reader, type Response } from 'maxmind';
import { CONFIG } from '../../../platform/config/config.module.js';
import { type Config, ConfigError } from '../../../platform/config/index.js';
import type { PropertyValue } from './event-record.js';
import { placeOfRecord } from './geo-record.rules.js';

/** Addresses whose answers are remembered: reading one from the file takes 10 µs. */
const REMEMBERED = 10_000;

/** Where addresses are, by the file of GEO_DATABASE, if one is configured. Asks no service. */
@Injectable()
export class GeoDatabase implements OnModuleInit {
  private reader: Reader<Response> | undefined;

  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'geoDatabase'>) {}

  async onModuleInit(): Promise<void> {
    const file = this.config.geoDatabase;
    if (file === undefined) return;
    try {
      this.reader = await open(file, { cache: { max: REMEMBERED } });
    } catch (error) {
      throw new ConfigError([
        `GEO_DATABASE must be a readable MaxMind DB file; ${file} is not: ${String(error)}`,
      ]);
    }
  }

  /** Country, region and city, as far as the file knows them. */
  placeOf(address: string): ReadonlyMap<string, PropertyValue> {
    if (!this.reader || address === '') return nowhere;
    return placeOfRecord(this.reader.get(address));
  }
}

const nowhere: ReadonlyMap<string, PropertyValue> = new Map();
