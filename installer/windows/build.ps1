# Builds the Windows installer: freeze, then Inno Setup. Run in a checkout, on Windows.
#   powershell -File installer\windows\build.ps1 [-Variant cpu|gpu]
# Needs Python 3.11 to 3.13 and Inno Setup 6.3 or newer (iscc on the path, or in its usual folder).
# A GPU build needs the CUDA wheels of PyTorch: set UV_INDEX to PyTorch's index first.
param([ValidateSet("cpu", "gpu")] [string] $Variant = "cpu")
$ErrorActionPreference = "Stop"
$root = (Resolve-Path "$PSScriptRoot\..\..").Path
Set-Location $root
$python = if ($env:PYTHON) { $env:PYTHON } else { "python" }

function Find-Compiler {
    $iscc = Get-Command iscc -ErrorAction SilentlyContinue
    if ($iscc) { return $iscc.Source }
    $usual = "${env:ProgramFiles(x86)}\Inno Setup *\ISCC.exe", "$env:ProgramFiles\Inno Setup *\ISCC.exe"
    $found = Get-ChildItem $usual -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $found) { throw "Inno Setup was not found: ISCC.exe is neither on the path nor in Program Files." }
    return $found.FullName
}

$compiler = Find-Compiler
# PyTorch's index has old versions of other packages, too; the pins stand on the usual one.
if ($Variant -eq "gpu" -and $env:UV_INDEX) { $env:UV_INDEX_STRATEGY = "unsafe-best-match" }
& $python -B installer\bootstrap.py installer "--args=--variant $Variant --only freeze"
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
$work = "$root\build\installer-$Variant"
$told = @("$work\dist\tumordesk", "$work\icons\tumordesk.ico", "$root\dist")
if ($Variant -eq "gpu") { $told += "--gpu" }
& $python -B installer\windows\write_iss.py @told
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
& $compiler /Qp installer\windows\tumordesk.iss
exit $LASTEXITCODE
