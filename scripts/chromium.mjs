// Finds Chromium, for the tests and scripts that view pages in it.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Stop } from './root.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const WINDOWS_NAMES = ['chromium.exe', 'chrome.exe', 'msedge.exe'];
const MAC_NAMES = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
const WINDOWS_FOLDERS = [join('Google', 'Chrome'), 'Chromium', join('Microsoft', 'Edge')];

/** How to install it on each system. */
const INSTALL = {
  linux: 'on Debian: apt-get install chromium',
  darwin: 'brew install --cask google-chrome',
  win32: 'winget install Google.Chrome',
};

/**
 * The path of Chromium, Chrome or Edge: from the variable CHROMIUM, else from PATH, else from the usual places on macOS and
 * Windows.
 *
 * @param {Record<string, string | undefined>} [env]
 * @param {string} [platform]
 * @returns {string}
 * @throws Stop, with how to install one, if there is none
 */
export function findChromium(env = process.env, platform = process.platform) {
  const wanted = env.CHROMIUM;
  if (wanted) {
    const named = [wanted, ...onPath([wanted], env)].find(isProgram);
    if (named === undefined) throw missing(`CHROMIUM is ${wanted}, which does not exist`, platform);
    return named;
  }
  const places = [...onPath(platform === 'win32' ? WINDOWS_NAMES : NAMES, env), ...usualPlaces(env, platform)];
  const found = places.find(isProgram);
  if (found === undefined) throw missing('there is none on PATH or in the usual places', platform);
  return found;
}

function onPath(names, env) {
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => names.map((name) => join(folder, name)));
}

function usualPlaces(env, platform) {
  if (platform === 'darwin') {
    const folders = ['/Applications', ...(env.HOME ? [join(env.HOME, 'Applications')] : [])];
    return folders.flatMap((folder) => MAC_NAMES.map((name) => join(folder, `${name}.app`, 'Contents', 'MacOS', name)));
  }
  if (platform !== 'win32') return [];
  const folders = [env.ProgramFiles, env['ProgramFiles(x86)'], env.LOCALAPPDATA].filter(Boolean);
  return folders.flatMap((folder) =>
    WINDOWS_FOLDERS.flatMap((name) =>
      ['chrome.exe', 'msedge.exe'].map((program) => join(folder, name, 'Application', program)),
    ),
  );
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function missing(reason, platform) {
  const install = INSTALL[platform] ?? INSTALL.linux;
  return new Stop(
    `Chromium, Chrome or Edge is needed to look at pages: ${reason}. Install one (${install}), or set CHROMIUM`,
  );
}
