# Builds the Windows installer: freeze, then Inno Setup. Run in a checkout, on Windows.
#   powershell -File installer\windows\build.ps1 [-Variant cpu|gpu]
# Needs Python 3.11 to 3.13 and Inno Setup 6.3 (ISCC.exe on the path or in its usual folder).
# A GPU build needs the CUDA wheels of PyTorch: set UV_INDEX to PyTorch's index first.
param([ValidateSet("cpu", "gpu")] [string] $Variant = "cpu")
$ErrorActionPreference = "Stop"
$root = (Resolve-Path "$PSScriptRoot\..\..").Path
Set-Location $root
$python = if ($env:PYTHON) { $env:PYTHON } else { "python" }
& $python -B installer\bootstrap.py installer --args="--variant $Variant --only freeze"
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
$work = "$root\build\installer-$Variant"
$extra = if ($Variant -eq "gpu") { @("--gpu") } else { @() }
& $python installer\windows\write_iss.py "$work\dist\tumordesk" "$work\icons\tumordesk.ico" "$root\dist" @extra
$iscc = Get-Command iscc -ErrorAction SilentlyContinue
$compiler = if ($iscc) { $iscc.Source } else { "${env:ProgramFiles(x86)}\Inno Setup 6\ISCC.exe" }
& $compiler /Qp installer\windows\tumordesk.iss
exit $LASTEXITCODE
