#!/usr/bin/env bash
# Builds TumorDesk.app and a disk image. Run in a checkout, on macOS 14 or newer (Apple silicon).
#
#   installer/macos/build.sh
#
# Signing and notarisation need an Apple developer account. Without these variables the app is only
# signed for this machine, and other Macs will refuse it until it is allowed in System Settings:
#   SIGN_IDENTITY   "Developer ID Application: Name (TEAMID)"
#   NOTARY_PROFILE  a profile that 'xcrun notarytool store-credentials' has kept
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${PYTHON:-python3}"
"$python" -B installer/bootstrap.py installer --args="--variant cpu --only freeze"
version=$(cd installer && "$python" -c "from product import program_version; print(program_version())")
work="build/installer-cpu"
app="$work/dist/TumorDesk.app"
identity="${SIGN_IDENTITY:--}"
runtime=()
if [ "$identity" != "-" ]; then runtime=(--options runtime --timestamp); fi

# Every library inside first, then the app itself: Apple asks for signatures from the inside out.
find "$app" -type f \( -name '*.dylib' -o -name '*.so' \) -print0 |
    xargs -0 -n 50 codesign --force "${runtime[@]}" --sign "$identity"
codesign --force "${runtime[@]}" --entitlements installer/macos/entitlements.plist \
    --sign "$identity" "$app"
codesign --verify --deep --strict "$app"

stage="$work/dmg"
rm -rf "$stage"
mkdir -p "$stage" dist
cp -R "$app" "$stage/"
ln -s /Applications "$stage/Applications"
image="dist/TumorDesk-$version-macos-arm64.dmg"
rm -f "$image"
hdiutil create -volname "TumorDesk $version" -srcfolder "$stage" -format ULMO -quiet "$image"
if [ -n "${NOTARY_PROFILE:-}" ]; then
    codesign --force --timestamp --sign "$identity" "$image"
    xcrun notarytool submit "$image" --keychain-profile "$NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
fi
echo "$image"
