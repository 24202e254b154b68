export declare const templateName: string;
export declare const testMasterKey: Buffer;
export declare function databaseUrl(serverUrl: string, name: string): string;
export declare function forgoDurability(serverUrl: string): Promise<void>;
